"""Pooled daemon threads for work that blocks: at most `limit`, and an idle one ends after some seconds."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

log = logging.getLogger(__name__)

MAX_THREADS: Final = 256
IDLE_S: Final = 10.0

Job = Callable[[], object]


class NoThreadLeft(Exception):
    """All threads of the pool are busy, or the system gives no more."""


class Pool:
    """Threads that are started when a job finds no idle one. Jobs never wait in line: full is refused."""

    def __init__(self, limit: int = MAX_THREADS) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._threads = 0
        self._idle = 0

    def run(self, job: Job) -> None:
        """Run `job` on a thread of its own now. Raises NoThreadLeft."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < self._limit:
                self._start()
                self._threads += 1
            else:
                raise NoThreadLeft(f"all {self._limit} task threads are busy")
            self._jobs.put(job)

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, args=(self._jobs,), name="otp-task", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise NoThreadLeft(f"the system gives no further thread: {error}") from None

    @property
    def busy(self) -> int:
        """Threads that run a job."""
        return self._threads - self._idle

    def _work(self, jobs: SimpleQueue[Job]) -> None:
        while True:
            try:
                job = jobs.get(timeout=IDLE_S)
            except Empty:
                if self._retire():
                    return
                continue
            try:
                job()
            except BaseException:
                log.exception("a job of the task threads crashed")
            del job
            with self._lock:
                self._idle += 1

    def _retire(self) -> bool:
        # No idle thread counted means that each has a job coming, this one included.
        with self._lock:
            if not self._idle:
                return False
            self._idle -= 1
            self._threads -= 1
            return True

    def before_fork(self) -> None:
        """Hold the lock."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """No thread survived, and their jobs are the parent's."""
        self._jobs, self._threads, self._idle = SimpleQueue(), 0, 0
        self._lock.release()


default: Final = Pool()

os.register_at_fork(
    before=default.before_fork,
    after_in_parent=default.after_fork_in_parent,
    after_in_child=default.after_fork_in_child,
)
