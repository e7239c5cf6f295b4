"""The scheduler: a few daemon threads that give ready processes their turns.

A runnable is queued at most once and taken by one thread, so it never runs on two threads at a time, and
nobody is served twice before all that wait have been served once. The pool is small because the interpreter
lock lets one thread run anyway.

One thread at a time, the taker, waits for the line and serves it; the others stand by. A thread more that
wakes for every process in line would only wait for the interpreter lock, and cost two switches.

A turn that waits says so with `blocking()`: another thread becomes the taker at once, and the pool starts a
stand-in, so that processes which call each other can't starve each other. A turn that computes (or waits
without saying so) for longer than a tick is treated the same, so each such turn holds the others up for 40 ms
at most. At most 64 threads run; those that are no longer needed end.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from queue import SimpleQueue
from threading import get_ident, get_native_id
from typing import Final, Protocol

from info_sys.otp import thread_policy
from info_sys.otp.watchdog import Watchdog

log = logging.getLogger(__name__)

POOL_SIZE: Final = 4
MAX_THREADS: Final = 64
TICK_S: Final = 0.02
TURNS_OF_A_CROWD: Final = 100
"""In a tick: more than a room of people who write, far less than a core can do."""
_TICKS_TO_WARN: Final = 50
_TICKS_TO_SPARE: Final = 5
"""For so many ticks running a thread must be one too many before it ends: the next wait may need it."""

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
    """The scheduler's counters at one moment: its threads, those of them whose turn waits in `blocking()`,
    those whose turn has lasted long, the runnables in line and the turns under way."""

    threads: int
    blocked: int
    long: int
    waiting: int
    running: int


class Scheduler:
    """A queue of ready runnables and its threads, which start with the first runnable."""

    def __init__(self, size: int = POOL_SIZE, tick_s: float = TICK_S) -> None:
        self._size = size
        self._tick_s = tick_s
        self._lock = threading.Lock()
        self._elsewhere: Callable[[], AbstractContextManager[None]] = nullcontext
        self._begin()

    def _begin(self) -> None:
        """Make everything that belongs to one system process."""
        # None is the pill that ends a thread.
        self._queue: SimpleQueue[Runnable | None] = SimpleQueue()
        # Held by the taker, on whose behalf others may let go of it.
        self._taking = threading.Lock()
        self._taker = 0
        self._threads = 0
        self._running: dict[int, Runnable] = {}
        self._blocked: dict[int, None] = {}
        # By thread: the number of its turn, and for how many looks of the watchdog it has had that one.
        self._turns: dict[int, int] = {}
        self._lasting: dict[int, tuple[int, int]] = {}
        self._spare_ticks = 0
        # By thread: its native id, by which the system is told how to treat it.
        self._native: dict[int, int] = {}
        self._served = 0
        self._crowded = False
        self._watchdog = Watchdog(self._look, self._tick_s)

    def ready(self, runnable: Runnable) -> None:
        """Put `runnable` at the end of the line. The caller knows that it is in no line and on no thread."""
        self._queue.put(runnable)
        if self._watchdog.asleep:
            self._watchdog.wake()
            self._grow()

    def line_is_empty(self) -> bool:
        """Nobody waits for a turn; some may be having theirs."""
        return self._queue.empty()

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
        """Around a wait inside a turn: a stand-in thread serves the line meanwhile (at most 64 threads).

        On a thread that is not the scheduler's it does what `elsewhere` was told to.
        """
        me = get_ident()
        if me not in self._turns:
            with self._elsewhere():
                yield
            return
        if me in self._blocked:
            yield
            return
        with self._lock:
            self._blocked[me] = None
            self._hand_on(me)
        self._grow()
        try:
            yield
        finally:
            with self._lock:
                self._blocked.pop(me, None)

    def elsewhere(self, around: Callable[[], AbstractContextManager[None]]) -> None:
        """What `blocking()` is on other threads, such as those of a web server. At first it is nothing."""
        self._elsewhere = around

    def stats(self) -> Stats:
        """Counters for the observer."""
        with self._lock:
            blocked, long = len(self._blocked), self._long()
        return Stats(self._threads, blocked, long, self._queue.qsize(), len(self._running))

    # -- the threads

    def _grow(self) -> None:
        """Start threads until `size` of them are at hand: neither blocked nor in a long turn."""
        with self._lock:
            while self._at_hand() < self._size and self._threads < MAX_THREADS:
                name = f"otp-scheduler-{self._threads + 1}"
                thread = threading.Thread(target=self._work, args=(self._queue,), name=name, daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    # The system is out of threads: those that run go on, and the next one tries again.
                    log.error("no further scheduler thread: %s", error)
                    return
                self._threads += 1

    def _at_hand(self) -> int:
        return self._threads - len(self._blocked) - self._long()

    def _long(self) -> int:
        return sum(looks > 0 and me not in self._blocked for me, (_turn, looks) in self._lasting.items())

    def _work(self, queue: SimpleQueue[Runnable | None]) -> None:
        me, turn = get_ident(), 0
        self._native[me] = get_native_id()
        self._treat(self._native[me])
        while True:
            if self._taker != me:
                if queue is not self._queue:
                    return  # its turn forked, and this is the child: its threads serve another line
                self._taking.acquire()
                self._taker = me
            runnable = queue.get()
            if runnable is None:
                if self._retire(me):
                    return
                continue
            self._turns[me] = turn = turn + 1
            self._running[me] = runnable
            try:
                runnable.take_turn()
            except BaseException:
                log.exception("a turn of %r broke the scheduler's rule not to raise", runnable)
            del self._running[me], runnable

    def _hand_on(self, me: int) -> None:
        """Let another thread be the taker, if `me` is it. Under the lock, by whoever notices.

        A thread that notices late serves one more of the line beside the new taker, which does no harm.
        """
        if self._taker == me:
            self._taker = 0
            self._taking.release()

    def _retire(self, me: int) -> bool:
        with self._lock:
            surplus = self._at_hand() > self._size
            if surplus:
                self._threads -= 1
                self._turns.pop(me, None)
                self._native.pop(me, None)
                self._hand_on(me)
            return surplus

    # -- the watchdog

    def _look(self, on_time: bool) -> bool:
        """Note which turns last, let threads come or go accordingly; answer whether to look again."""
        with self._lock:
            self._note_crowd()
            if on_time or not self._running:
                self._note_lasting()
            surplus = self._at_hand() - self._size
        waiting = self._queue.qsize()
        self._spare_ticks = self._spare_ticks + 1 if surplus > 0 and not waiting else 0
        if surplus < 0 and waiting:
            self._grow()
        elif self._spare_ticks >= _TICKS_TO_SPARE:
            self._queue.put(None)
        return waiting > 0 or surplus > 0 or bool(self._lasting)

    def _note_crowd(self) -> None:
        """In a crowd the threads interrupt nobody: the hub reads on, and many are served in a row."""
        before, self._served = self._served, sum(self._turns.values())
        crowded = self._served - before > TURNS_OF_A_CROWD
        if crowded != self._crowded:
            self._crowded = crowded
            for native in list(self._native.values()):
                self._treat(native)

    def _treat(self, native: int) -> None:
        if self._crowded:
            thread_policy.never_interrupt(native)
        else:
            thread_policy.as_the_process(native)

    def _note_lasting(self) -> None:
        before, self._lasting = self._lasting, {}
        for me, runnable in self._running.copy().items():
            turn = self._turns.get(me)
            if turn is None:
                continue  # a process being started, on a thread of somebody else
            since, looks = before.get(me, (0, 0))
            looks = looks + 1 if since == turn else 0
            self._lasting[me] = (turn, looks)
            if looks:
                self._hand_on(me)
            if looks == _TICKS_TO_WARN and me not in self._blocked:
                log.warning(
                    "%r has computed for %.1f s in one turn: better in a Task, or in blocking() if it waits",
                    runnable, looks * self._tick_s,
                )  # fmt: skip

    # -- forks

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
        me, waiting, running = get_ident(), self._queue, self._running
        self._begin()
        if me in running:
            self._running[me] = running.pop(me)
        self._lock.release()
        kernel_lock.release()
        while not waiting.empty():
            runnable = waiting.get_nowait()
            if runnable is not None:
                self.ready(runnable)
        for runnable in running.values():
            runnable.lost_by_fork()


default: Final = Scheduler()
ready = default.ready
running = default.running
acting_as = default.acting_as
blocking = default.blocking
elsewhere = default.elsewhere
line_is_empty = default.line_is_empty

os.register_at_fork(
    before=default.before_fork,
    after_in_parent=default.after_fork_in_parent,
    after_in_child=default.after_fork_in_child,
)
