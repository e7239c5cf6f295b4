"""Equal questions asked at the same time share one request.

A flight lives as long as somebody waits for it; the last one to leave an unfinished flight abandons its task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from info_sys.otp.task import Task

Keep = Callable[[], None]
Landed = Callable[[Keep | None], None]
Start = Callable[[Landed], Task[Any]]
T = TypeVar("T")


def _nothing() -> None:
    """Nothing is known."""


@dataclass(slots=True, eq=False)
class Flight:
    """One running request, how many wait for it, and where they do."""

    key: Hashable
    waiting: int = 0
    settled: bool = False
    desks: list[SimpleQueue[Flight]] = field(default_factory=list)
    task: Task[Any] = field(init=False)


class Flights:
    """The flights under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Hashable, Flight] = {}

    def board(
        self, key: Hashable, start: Start, desk: SimpleQueue[Flight], known: Callable[[], T | None] = _nothing
    ) -> Flight | T:
        """The flight of `key`: the one under way, or a new one by `start`, whose error is passed on.

        `start(landed)` gives a task that calls `landed(keep)` as its last deed; then the flight is put on
        `desk`. If anybody still waits, `keep()` is called before the flight is over, so that whoever comes
        a moment later finds by `known()` what it brought, which is then the answer; both must be quick.
        """
        with self._lock:
            flight = self._flying.get(key)
            if flight is None or flight.task.done:
                if (answer := known()) is not None:
                    return answer
                flight = Flight(key)
                flight.task = start(partial(self._land, flight))
                self._flying[key] = flight
            flight.waiting += 1
            flight.desks.append(desk)
            return flight

    def settle(self, flight: Flight) -> bool:
        """Whether the caller is the first to say so: what became of a flight is noted once."""
        with self._lock:
            first, flight.settled = not flight.settled, True
        return first

    def leave(self, flight: Flight) -> bool:
        """Wait no longer. Must follow every `board`. True when that gave up on an unfinished task."""
        with self._lock:
            flight.waiting -= 1
            if flight.waiting:
                return False
            self._forget(flight)
        return flight.task.shutdown() is None

    def _land(self, flight: Flight, keep: Keep | None) -> None:
        with self._lock:
            if keep is not None and flight.waiting:
                keep()
            self._forget(flight)
            desks = list(flight.desks)
        for desk in desks:
            desk.put(flight)

    def _forget(self, flight: Flight) -> None:
        if self._flying.get(flight.key) is flight:
            del self._flying[flight.key]

    def __len__(self) -> int:
        return len(self._flying)
