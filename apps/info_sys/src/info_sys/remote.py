"""Questions to workers: put into the queue of Celery here, answered by letters (`info_sys.letters`)."""

from __future__ import annotations

import time
from typing import Any, Final

from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from info_sys import celery_app
from info_sys.system import LIMIT

MAX_QUEUE: Final = 1_000
TIMEOUT_S: Final = 1.0


class QueueFull(Exception):
    """So many questions wait that one more would only be answered when nobody waits any longer."""


class Unreachable(Exception):
    """Redis does not answer."""


class Remote:
    """The way to the workers. `reply_to` names the asker: all processes of one site have the same."""

    def __init__(self, url: str, reply_to: str, max_queue: int = MAX_QUEUE) -> None:
        self.redis: Redis = Redis.from_url(
            url, decode_responses=True, socket_timeout=5.0, socket_connect_timeout=TIMEOUT_S
        )
        self._quick: Redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._app = celery_app.make(url)
        self._reply_to = reply_to
        self._max_queue = max_queue

    def waiting(self) -> int:
        """How many questions nobody has begun with. Raises Unreachable."""
        try:
            length: Any = self._quick.llen(celery_app.QUEUE)
        except (RedisError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        return int(length)

    def submit(
        self, query: str, reference: str, *, limit: int = LIMIT, timeout_ms: float | None = None
    ) -> None:
        """Put a question into the queue, within some 2 s. Raises QueueFull, Unreachable."""
        if self.waiting() >= self._max_queue:
            raise QueueFull(f"{self._max_queue} questions wait")
        try:
            self._app.send_task(
                celery_app.TASK, [query, reference, self._reply_to, limit, timeout_ms, time.time()]
            )
        except (OperationalError, RedisError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
