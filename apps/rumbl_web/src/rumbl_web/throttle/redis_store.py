"""Tries counted in the Redis that joins the server processes: it forgets by itself what has expired."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeVar

from redis import Redis, RedisError, WatchError
from redis.backoff import NoBackoff
from redis.retry import Retry

from info_sys import otp
from rumbl_core.attempts import Decide, State
from rumbl_core.errors import Unavailable

T = TypeVar("T")
TIMEOUT_S: Final = 0.5
"""How long a log-in waits for Redis before it asks somebody else."""
_TRIES: Final = 50


class RedisStore:
    """One string for each key, "level at expires_at", that Redis deletes when it expires."""

    def __init__(self, url: str, prefix: str = "rumbl:attempts:") -> None:
        self._prefix = prefix.encode()
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
            decode_responses=False,
        )

    def change(self, keys: Collection[bytes], decide: Decide[T]) -> T:
        """See Store. Whoever changes a key meanwhile makes this one decide anew."""
        try:
            with otp.blocking(), self._redis.pipeline() as pipe:
                for _ in range(_TRIES):
                    try:
                        return self._changed(pipe, keys, decide)
                    except WatchError:
                        pipe.reset()
        except RedisError as error:
            raise Unavailable(f"Redis is away: {type(error).__name__}") from error
        raise Unavailable("too many try the same at the same moment")

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def _changed(self, pipe: Any, keys: Collection[bytes], decide: Decide[T]) -> T:
        names = {key: self._prefix + key.hex().encode() for key in keys}
        pipe.watch(*names.values())
        seconds, micros = pipe.time()
        now = seconds + micros / 1e6
        texts = zip(names, pipe.mget(*names.values()), strict=True)
        answer, changes = decide({key: _state(text) for key, text in texts if text is not None}, now)
        pipe.multi()
        for key, state in changes.items():
            if state is None:
                pipe.delete(names[key])
            else:
                pipe.set(
                    names[key], " ".join(map(repr, state)), px=max(1, int(1000 * (state.expires_at - now)))
                )
        pipe.execute()
        return answer


def _state(text: bytes) -> State:
    return State(*map(float, text.split()))
