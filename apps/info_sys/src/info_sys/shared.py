"""What several processes know together of the sources, through Redis: breakers, budgets, answers.

Without Redis each goes on with what it knows itself: it is asked again after a while, and nobody waits for it
longer than its short timeout.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final, Protocol, TypeVar

from redis import Redis, RedisError, WatchError

from info_sys.backend import Backend
from info_sys.breaker import MemoryStore, State
from info_sys.budget import MemoryBudget
from info_sys.result import Result

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 0.5
AWAY_S: Final = 5.0
"""After a failure Redis is not asked for so long."""
FRESH_S: Final = 0.5
"""So old may be what is known of a breaker: a source that rests costs no request to Redis."""
KEEP_S: Final = 3_600
ANSWER_S: Final = 60
_TRIES: Final = 5
_PREFIX: Final = "info_sys"

Key = tuple[str, str, int]
T = TypeVar("T")


class AnswerStore(Protocol):
    """Where answers are that another process has asked for already."""

    def fetch(self, keys: Sequence[tuple[Backend, Key]]) -> list[tuple[Result, ...] | None]:
        """The answers of each key, None for what is not there."""

    def put(self, key: Key, results: Sequence[Result]) -> None:
        """Keep them for a minute."""


class Shared:
    """The store of breakers and answers, and the budget, in one Redis. `clock` gives s of the wall clock."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, decode_responses=True
        )
        self._clock = clock
        self._own = MemoryStore()
        self._own_budget = MemoryBudget(clock)
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, State]] = {}
        self._away_until = 0.0

    # -- breakers (`breaker.Store`)

    def read(self, name: str) -> State:
        """What is known, half a second old at most."""
        with self._lock:
            seen_at, state = self._seen.get(name, (float("-inf"), State()))
        if time.monotonic() < seen_at + FRESH_S:
            return state
        return self._see(
            name, self._try(lambda: self._load(self._redis.get(_name("breaker", name))), self._own.read(name))
        )

    def update(self, name: str, change: Callable[[State], State]) -> State:
        """Change it atomically among all processes."""
        before_here = self._own.update(name, change)
        before, after = self._try(lambda: self._exchange(name, change), (before_here, self._own.read(name)))
        self._see(name, after)
        return before

    def _exchange(self, name: str, change: Callable[[State], State]) -> tuple[State, State]:
        key = _name("breaker", name)
        with self._redis.pipeline() as pipe:
            for _ in range(_TRIES):
                try:
                    pipe.watch(key)
                    before = self._load(pipe.get(key))
                    after = change(before)
                    pipe.multi()
                    pipe.set(key, json.dumps(asdict(after)), ex=KEEP_S)
                    pipe.execute()
                except WatchError:
                    continue
                return before, after
        raise RedisError("too many at once")

    def _see(self, name: str, state: State) -> State:
        with self._lock:
            self._seen[name] = (time.monotonic(), state)
        return state

    @staticmethod
    def _load(text: Any) -> State:
        return State(**json.loads(text)) if text else State()

    # -- budgets (`budget.Budget`)

    def take(self, name: str, per_minute: float) -> bool:
        """Take one of this minute's, counted for all processes together, and of this process's own bucket."""
        if not self._own_budget.take(name, per_minute):
            return False
        return self._try(lambda: self._count(name) <= max(per_minute, 1), True)

    def _count(self, name: str) -> int:
        key = _name("budget", f"{name}:{int(self._clock() // 60)}")
        with self._redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 120)
            count, _ = pipe.execute()
        return int(count)

    # -- answers (`AnswerStore`)

    def fetch(self, keys: Sequence[tuple[Backend, Key]]) -> list[tuple[Result, ...] | None]:
        """What other processes have found within a minute."""
        nothing: list[tuple[Result, ...] | None] = [None] * len(keys)
        return self._try(lambda: self._fetch(keys), nothing) if keys else nothing

    def _fetch(self, keys: Sequence[tuple[Backend, Key]]) -> list[tuple[Result, ...] | None]:
        texts: Any = self._redis.mget([_answer(key) for _, key in keys])
        return [
            None
            if text is None
            else tuple(Result(score, said, backend, url) for score, said, url in json.loads(text))
            for text, (backend, _) in zip(texts, keys, strict=True)
        ]

    def put(self, key: Key, results: Sequence[Result]) -> None:
        """Keep them where all find them."""
        rows = [(result.score, result.text, result.url) for result in results]
        self._try(lambda: self._redis.set(_answer(key), json.dumps(rows), ex=ANSWER_S), None)

    def _try(self, ask: Callable[[], T], otherwise: T) -> T:
        """Ask Redis, or do without: nobody fails because it is away."""
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return ask()
        except (RedisError, OSError, ValueError, TypeError) as error:
            self._away_until = time.monotonic() + AWAY_S
            log.warning(
                "Redis does not answer (%s): this process goes by what it knows itself", type(error).__name__
            )
            return otherwise


def _name(kind: str, name: str) -> str:
    return f"{_PREFIX}:{kind}:{name}"


def _answer(key: Key) -> str:
    return _name("answers", json.dumps(key))
