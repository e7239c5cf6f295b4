"""One trip to the database for all who ask at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Final, Generic, TypeVar

from rumbl_core.errors import Unavailable

WAIT_S: Final = 5.0
"""Longest wait for the trip before one's own to come back."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Trip(Generic[K, V]):
    """The keys that go together, then what was found."""

    def __init__(self, failures: int) -> None:
        self.failures_before = failures
        self.keys: set[K] = set()
        self.over = threading.Event()
        self.found: Mapping[K, V] | None = None
        self.failed: Exception | None = None


class SharedRead(Generic[K, V]):
    """Groups reads: while one trip is under way, those who come wait for the next, which takes them all.

    Nobody is given what was read before they asked: their trip begins after they came. Only a failure is
    shared at once, so that those who wait for a database that is away don't wait for it twice. Safe to use
    from any thread.
    """

    def __init__(self, read: Callable[[set[K]], Mapping[K, V]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._road = threading.Lock()
        self._next: _Trip[K, V] | None = None
        self._failures = 0

    def get(self, key: K) -> V | None:
        """What `read` finds for `key`, None if nothing. Raises what `read` raises, and Unavailable."""
        with self._lock:
            leads = self._next is None
            trip = self._next = self._next or _Trip(self._failures)
            trip.keys.add(key)
        if leads:
            self._travel(trip)
        else:
            trip.over.wait()  # the leader always comes back: it waits with a deadline, and so does `read`
        if trip.failed is not None:
            raise trip.failed
        assert trip.found is not None
        return trip.found.get(key)

    def _travel(self, trip: _Trip[K, V]) -> None:
        """Go when the road is free, with whoever has come by then."""
        free = self._road.acquire(timeout=WAIT_S)
        with self._lock:
            self._next = None
        try:
            if not free or trip.failures_before != self._failures:
                raise Unavailable("the trip to the database before this one failed or is not back in time")
            trip.found = self._count_failures(trip.keys)
        except Exception as error:
            trip.failed = error
        finally:
            if free:
                self._road.release()
            trip.over.set()

    def _count_failures(self, keys: set[K]) -> Mapping[K, V]:
        try:
            return self._read(keys)
        except Unavailable:
            self._failures += 1
            raise
