"""A few slots for threads that compute; the others wait in line, and nobody holds one while it waits.

All threads of a process share one interpreter lock. Each that wants it gets it for a moment in turn, so the
more pages are being made, the longer the hub waits at each of its steps, and no page is ready any sooner.
With two slots it waits for two, and while one of them asks the database the core has something to do.
"""

from __future__ import annotations

import os
import weakref
from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Final

COUNT: Final = 2
PATIENCE_S: Final = 1.0
"""After so long in the line a thread computes without a slot: whoever has one may wait and not say so."""

_mine = local()


class Slots:
    """`count` slots, given in the order in which they were asked for; who had one before is in front."""

    def __init__(self, count: int = COUNT, patience_s: float = PATIENCE_S) -> None:
        self._count = count
        self._patience_s = patience_s
        self._renew()
        renew = weakref.WeakMethod(self._renew)
        os.register_at_fork(after_in_child=lambda: (method := renew()) and method())

    @property
    def free(self) -> int:
        """How many nobody has."""
        return self._free

    @property
    def waiting_in_line(self) -> int:
        """How many threads stand in the line."""
        return len(self._line)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Around what a thread computes. Waits for a slot, `patience_s` seconds at most."""
        _mine.slots = self if self._take(front=False) else None
        try:
            yield
        finally:
            give_back()

    def _renew(self) -> None:
        """Also in a forked child: it has none of its parent's threads, and goes on without a slot."""
        _mine.slots = None
        self._lock = allocate_lock()
        self._free = self._count
        self._line: deque[LockType] = deque()

    def _take(self, *, front: bool) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = allocate_lock()
            turn.acquire()
            (self._line.appendleft if front else self._line.append)(turn)
        return turn.acquire(timeout=self._patience_s) or not self._leave(turn)

    def _leave(self, turn: LockType) -> bool:
        """Leave the line; False if the slot came at the last moment."""
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
                return True
            return False

    def _give_back(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


def give_back() -> Slots | None:
    """Give back this thread's slot; whose it was, None if it has none."""
    slots: Slots | None = getattr(_mine, "slots", None)
    if slots is not None:
        _mine.slots = None
        slots._give_back()
    return slots


@contextmanager
def waiting() -> Iterator[None]:
    """Around a wait for something else: whoever is next has this thread's slot meanwhile."""
    slots = give_back()
    try:
        yield
    finally:
        if slots is not None and slots._take(front=True):
            _mine.slots = slots
