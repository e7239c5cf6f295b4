"""A latch: one value that one thread waits for and the first of several others sets."""

from __future__ import annotations

from _thread import allocate_lock
from typing import Generic, TypeVar

from info_sys.otp import scheduler

T = TypeVar("T")


class Latch(Generic[T]):
    """Set once, waited for by one thread. A wait inside a process's turn lends its scheduler thread away."""

    __slots__ = ("_lock", "_set", "_value")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()
        self._set = False
        self._value: T | None = None

    def set(self, value: T) -> bool:
        """Store `value` and wake the waiter. False when an earlier value stands."""
        with scheduler.kernel_lock:
            if self._set:
                return False
            self._value = value
            self._set = True
        self._lock.release()
        return True

    @property
    def is_set(self) -> bool:
        """Whether a value is there."""
        return self._set

    @property
    def value(self) -> T:
        """The value. Raises LookupError before it is set."""
        if not self._set:
            raise LookupError("nothing was set yet")
        return self._value  # type: ignore[return-value]  # T itself may include None

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until it is set, at most `timeout_s` seconds (None: for ever). False when time ran out."""
        if self._set:
            return True
        with scheduler.blocking():
            woken = self._lock.acquire(timeout=-1 if timeout_s is None else max(timeout_s, 0.0))
        if woken:
            self._lock.release()
        return self._set
