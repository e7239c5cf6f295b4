"""A few slots for threads that compute; the others wait in line, and nobody holds one while it waits.

All threads of a process share one interpreter lock. Each that wants it gets it for a moment in turn, so the
more pages are being made, the longer the hub waits at each of its steps, and no page is ready any sooner.
With two slots it waits for two, and while one of them asks the database the core has something to do.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Final

COUNT: Final = 2
PATIENCE_S: Final = 1.0
"""After so long in the line a thread computes without a slot: whoever has one may wait and not say so."""


class Slots:
    """`count` slots, given in the order in which they were asked for."""

    def __init__(self, count: int = COUNT, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = allocate_lock()
        self._free = count
        self._line: deque[LockType] = deque()
        self._mine = local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Around what a thread computes. Waits for a slot, `patience_s` seconds at most."""
        self._mine.has = self._take()
        try:
            yield
        finally:
            self._give_back()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around a wait for something else: whoever is next has the slot meanwhile. Without one: nothing."""
        if not getattr(self._mine, "has", False):
            yield
            return
        self._give_back()
        try:
            yield
        finally:
            self._mine.has = self._take()

    def _take(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = allocate_lock()
            turn.acquire()
            self._line.append(turn)
        return turn.acquire(timeout=self._patience_s) or not self._leave(turn)

    def _leave(self, turn: LockType) -> bool:
        """Leave the line; False if the slot came at the last moment."""
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
                return True
            return False

    def _give_back(self) -> None:
        if not self._mine.has:
            return
        self._mine.has = False
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


_default: Final = Slots()
taken = _default.taken
waiting = _default.waiting
