"""Timers: a message or a call after a delay in ms of monotonic time. One daemon thread and a heap."""

from __future__ import annotations

import heapq
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from info_sys.otp.process import Process

log = logging.getLogger(__name__)

# Cancelled timers stay in the heap until they are due, or until they are the greater part of this many.
_SWEEP_FROM: Final = 1024


class Timer:
    """One pending call. Fires once, or never after `cancel`."""

    __slots__ = ("_call", "due", "number")

    def __init__(self, due: float, number: int, call: Callable[[], object]) -> None:
        self.due = due
        self.number = number
        self._call: Callable[[], object] | None = call

    def __lt__(self, other: Timer) -> bool:
        return (self.due, self.number) < (other.due, other.number)

    @property
    def pending(self) -> bool:
        """Neither fired nor cancelled."""
        return self._call is not None

    def cancel(self) -> bool:
        """Stop it. False when it has fired or was cancelled before."""
        with _clock.lock:
            was_pending = self._call is not None
            self._call = None
            if was_pending:
                _clock.forget_one()
        return was_pending

    def take(self) -> Callable[[], object] | None:
        """Its call, for the clock, which thereby counts as fired."""
        call, self._call = self._call, None
        return call


class _Clock:
    """The heap of timers and the thread that waits for the first of them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._heap: list[Timer] = []
        self._cancelled = 0
        self._number = 0
        self._thread: threading.Thread | None = None

    def add(self, call: Callable[[], object], delay_ms: float) -> Timer:
        """Start a timer, and the thread if it is the first."""
        with self.lock:
            self._number += 1
            timer = Timer(time.monotonic() + max(delay_ms, 0) / 1000, self._number, call)
            heapq.heappush(self._heap, timer)
            self._ensure_thread()
            if self._heap[0] is timer:
                self._changed.notify()
        return timer

    def forget_one(self) -> None:
        """Count a cancelled timer, and sweep when most of the heap is cancelled. Under the lock."""
        self._cancelled += 1
        if self._cancelled > _SWEEP_FROM and self._cancelled * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.pending]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="otp-timer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self.lock:
                call = self._next_call()
            if call is not None:
                _fire(call)

    def _next_call(self) -> Callable[[], object] | None:
        if not self._heap:
            self._changed.wait()
            return None
        wait_s = self._heap[0].due - time.monotonic()
        if wait_s > 0:
            self._changed.wait(wait_s)
            return None
        call = heapq.heappop(self._heap).take()
        if call is None:
            self._cancelled = max(self._cancelled - 1, 0)
        return call

    def after_fork_in_child(self) -> None:
        """The thread did not survive; the timers do."""
        self._changed = threading.Condition(self.lock)
        self._thread = None
        if self._heap:
            self._ensure_thread()
        self.lock.release()


def _fire(call: Callable[[], object]) -> None:
    try:
        call()
    except BaseException:
        log.exception("a timer's call crashed")


_clock: Final = _Clock()


def send_after(process: Process, message: object, delay_ms: float) -> Timer:
    """Send `message` to `process` in `delay_ms` ms. A process that is gone by then never notices."""
    return _clock.add(lambda: process.send(message), delay_ms)


def call_after(fn: Callable[[], object], delay_ms: float) -> Timer:
    """Call `fn` in `delay_ms` ms on the timer thread: it must be short, later timers wait for it."""
    return _clock.add(fn, delay_ms)


os.register_at_fork(
    before=_clock.lock.acquire,
    after_in_parent=_clock.lock.release,
    after_in_child=_clock.after_fork_in_child,
)
