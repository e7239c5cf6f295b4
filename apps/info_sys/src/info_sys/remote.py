"""Questions to workers: put into the queue of Celery here, answered by letters (`info_sys.letters`).

remote = Remote("redis://localhost:6379/0", reply_to="my-site")
remote.letterbox("process 1", handle=print).start()
remote.submit("1 + 1", reference="note 17")
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, NamedTuple

from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from info_sys import celery_app
from info_sys.letters import Letter, Letterbox
from info_sys.system import LIMIT

MAX_QUEUE: Final = 1_000
TIMEOUT_S: Final = 1.0
LOOK_S: Final = 5.0
ASK_AGAIN_S: Final = 45.0
"""Longer than it takes until Celery gives a dead worker's question to another one."""
GIVE_UP_S: Final = 600.0


class Open(NamedTuple):
    """A question without an answer. Times are of the wall clock, in s, since it outlives processes."""

    query: str
    limit: int
    timeout_ms: float | None
    asked_at: float
    sent_at: float = 0.0


class QueueFull(Exception):
    """So many questions wait that one more would only be answered when nobody waits any longer."""


class Unreachable(Exception):
    """Redis does not answer."""


class Remote:
    """The way to the workers. `reply_to` names the asker: all processes of one site have the same.

    Redis remembers which questions have no answer yet. One that is not answered in `ASK_AGAIN_S` is asked
    again: a worker that dies at the moment when it takes a question out of the queue takes it along.
    """

    def __init__(self, url: str, reply_to: str, max_queue: int = MAX_QUEUE) -> None:
        self.redis: Redis = Redis.from_url(
            url, decode_responses=True, socket_timeout=5.0, socket_connect_timeout=TIMEOUT_S
        )
        self._quick: Redis = Redis.from_url(
            url, decode_responses=True, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        self._app = celery_app.make(url)
        self._reply_to = reply_to
        self._max_queue = max_queue
        self._open = f"info_sys:open:{reply_to}"
        self._looked_at = 0.0

    def waiting(self) -> int:
        """How many questions nobody has begun with. Raises Unreachable."""
        with _reachable():
            length: Any = self._quick.llen(celery_app.QUEUE)
            return int(length)

    def submit(
        self, query: str, reference: str, *, limit: int = LIMIT, timeout_ms: float | None = None
    ) -> None:
        """Put a question into the queue, within some 2 s. Raises QueueFull, Unreachable."""
        if self.waiting() >= self._max_queue:
            raise QueueFull(f"{self._max_queue} questions wait")
        now = time.time()
        question = Open(query, limit, timeout_ms, now, now)
        with _reachable():
            self._quick.hset(self._open, reference, json.dumps(question))
            self._send(reference, question)

    def letterbox(self, reader: str, handle: Callable[[Letter], None]) -> Letterbox:
        """What reads the answers for one process. `handle` gets each once, and twice only after a crash."""

        def once(letter: Letter) -> None:
            if self.redis.hexists(self._open, letter.reference):
                handle(letter)
                self.redis.hdel(self._open, letter.reference)

        return Letterbox(self.redis, self._reply_to, reader, once, self._ask_again)

    def forget(self, reference: str) -> None:
        """Nobody waits for this answer any longer. Raises Unreachable."""
        with _reachable():
            self._quick.hdel(self._open, reference)

    def _send(self, reference: str, question: Open) -> None:
        arguments = [
            question.query,
            reference,
            self._reply_to,
            question.limit,
            question.timeout_ms,
            time.time(),
        ]
        self._app.send_task(celery_app.TASK, arguments)

    def _ask_again(self) -> None:
        """Now and then, by one process of the site: what has waited for long."""
        now = time.time()
        if now < self._looked_at + LOOK_S:
            return
        self._looked_at = now
        if not self.redis.set(f"{self._open}:look", 1, nx=True, ex=int(LOOK_S)):
            return
        rows: Any = self.redis.hscan_iter(self._open, count=100)
        for reference, text in islice(rows, self._max_queue):
            question = Open(*json.loads(text))
            if now > question.asked_at + GIVE_UP_S:
                self.redis.hdel(self._open, reference)
            elif now > question.sent_at + ASK_AGAIN_S:
                again = question._replace(sent_at=now)
                self.redis.hset(self._open, reference, json.dumps(again))
                self._send(reference, again)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as error:
        raise Unreachable(type(error).__name__) from None
