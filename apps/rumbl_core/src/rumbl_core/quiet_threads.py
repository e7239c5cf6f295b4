"""A few threads of low priority for work that keeps a core busy, such as the hash of a password.

Who needs an answer at once, above all the threads that serve live sockets, gets the core before them. Linux
lets a thread lower its own priority but not raise it again, so the work has threads of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Final, TypeVar

from rumbl_core import waits
from rumbl_core.errors import Busy

T = TypeVar("T")
NICENESS: Final = 10
"""What the threads add to their process's: beside a thread that is never done they still get a tenth."""


class QuietThreads:
    """At most `threads` at work and `waiting` more in line, for `wait_s` seconds at most."""

    def __init__(self, threads: int, waiting: int, wait_s: float) -> None:
        self._threads = threads
        self._waiting = waiting
        self._wait_s = wait_s
        self._begin_again()
        os.register_at_fork(after_in_child=self._begin_again)

    @property
    def waiting(self) -> int:
        """How many are in line now."""
        return self._line._work_queue.qsize()

    def run(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises. Raises Busy when the line is full, and after `wait_s` in it."""
        places = self._places
        if not places.acquire(blocking=False):
            raise Busy("too many passwords are being checked at the same moment")
        try:
            with waits.waiting():
                return self._finished(self._line.submit(work))
        finally:
            places.release()

    def _finished(self, future: Future[T]) -> T:
        try:
            return future.result(self._wait_s)
        except TimeoutError:
            if future.cancel():
                raise Busy("a password waited too long to be checked") from None
            return future.result()  # its turn has come, so the answer is near

    def _begin_again(self) -> None:
        """Also in a child process: it has none of its parent's threads, and nobody in its line."""
        self._places = BoundedSemaphore(self._threads + self._waiting)
        self._line = ThreadPoolExecutor(self._threads, "quiet", initializer=_lower_priority)


def _lower_priority() -> None:
    """Of this thread alone, where the system knows such a thing (Linux does)."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
