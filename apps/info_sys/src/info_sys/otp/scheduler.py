"""The scheduler: a few daemon threads that give ready processes their turns.

A runnable is queued at most once and taken by one thread, so it never runs on two threads at a time. The
pool is small because the interpreter lock lets one thread run anyway; a turn that waits says so with
`blocking()`, and the pool starts a stand-in, so that processes which call each other can't starve each
other."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import get_ident
from typing import Final, Protocol

log = logging.getLogger(__name__)

POOL_SIZE: Final = 4
MAX_THREADS: Final = 64
IDLE_S: Final = 30.0

# One lock for all mailboxes and ties: its sections are a few bytecodes long, and under the interpreter lock
# a lock per process would buy nothing but memory. Re-entrant, so that a finaliser or signal handler that
# sends can't hang.
kernel_lock: Final = threading.RLock()


class Runnable(Protocol):
    """What the scheduler runs: a process, seen from below."""

    def take_turn(self) -> None:
        """Run one turn. Must not raise."""

    def lost_by_fork(self) -> None:
        """The thread that ran this turn does not exist in the forked child."""


@dataclass(frozen=True, slots=True)
class Stats:
    """The scheduler's counters at one moment."""

    threads: int
    blocked: int
    waiting: int
    running: int


class Scheduler:
    """A queue of ready runnables and its threads, which start with the first runnable."""

    def __init__(self, size: int = POOL_SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Runnable] = SimpleQueue()
        self._threads = 0
        self._blocked = 0
        self._running: dict[int, Runnable] = {}

    def ready(self, runnable: Runnable) -> None:
        """Put `runnable` at the end of the line. The caller knows that it is in no line and on no thread."""
        self._queue.put(runnable)
        if not self._threads:
            self._grow()

    def running(self) -> Runnable | None:
        """What the calling thread is running, if anything."""
        return self._running.get(get_ident())

    @contextmanager
    def acting_as(self, runnable: Runnable) -> Iterator[None]:
        """Make `running()` answer `runnable` in the calling thread."""
        me = get_ident()
        before = self._running.get(me)
        self._running[me] = runnable
        try:
            yield
        finally:
            if before is None:
                del self._running[me]
            else:
                self._running[me] = before

    @contextmanager
    def blocking(self) -> Iterator[None]:
        """Around a wait inside a turn: a stand-in thread serves the line meanwhile (at most 64 threads)."""
        if get_ident() not in self._running:
            yield
            return
        with self._lock:
            self._blocked += 1
        self._grow()
        try:
            yield
        finally:
            with self._lock:
                self._blocked -= 1

    def stats(self) -> Stats:
        """Counters for the observer."""
        return Stats(self._threads, self._blocked, self._queue.qsize(), len(self._running))

    def _grow(self) -> None:
        with self._lock:
            while self._threads - self._blocked < self._size and self._threads < MAX_THREADS:
                name = f"otp-scheduler-{self._threads + 1}"
                thread = threading.Thread(target=self._work, args=(self._queue,), name=name, daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    # The system is out of threads: those that run go on, and the next one tries again.
                    log.error("no further scheduler thread: %s", error)
                    return
                self._threads += 1

    def _work(self, queue: SimpleQueue[Runnable]) -> None:
        me = get_ident()
        while True:
            try:
                runnable = queue.get(timeout=IDLE_S)
            except Empty:
                if self._retire():
                    return
                continue
            self._running[me] = runnable
            try:
                runnable.take_turn()
            except BaseException:
                log.exception("a turn of %r broke the scheduler's rule not to raise", runnable)
            del self._running[me], runnable

    def _retire(self) -> bool:
        with self._lock:
            surplus = self._threads - self._blocked > self._size
            self._threads -= surplus
            return surplus

    def before_fork(self) -> None:
        """Hold every lock, so that the child gets whole data."""
        kernel_lock.acquire()
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()
        kernel_lock.release()

    def after_fork_in_child(self) -> None:
        """Only the forking thread lives on: keep the line, give up the turns of the other threads."""
        waiting, lost = self._queue, [r for me, r in self._running.items() if me != get_ident()]
        self._queue, self._threads, self._blocked = SimpleQueue(), 0, 0
        self._running = {me: r for me, r in self._running.items() if me == get_ident()}
        self._lock.release()
        kernel_lock.release()
        while not waiting.empty():
            self.ready(waiting.get_nowait())
        for runnable in lost:
            runnable.lost_by_fork()


default: Final = Scheduler()
ready = default.ready
running = default.running
acting_as = default.acting_as
blocking = default.blocking

os.register_at_fork(
    before=default.before_fork,
    after_in_parent=default.after_fork_in_parent,
    after_in_child=default.after_fork_in_child,
)
