"""Equal questions asked at the same time share one request.

A flight lives as long as somebody waits for it; the last one to leave an unfinished flight abandons its task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from info_sys.otp.task import Task


@dataclass(slots=True)
class Flight:
    """One running request and how many wait for it."""

    key: Hashable
    task: Task[Any]
    waiting: int = 1


class Flights:
    """The flights under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Hashable, Flight] = {}

    def board(self, key: Hashable, start: Callable[[], Task[Any]]) -> Flight:
        """The flight of `key`: the one under way, or a new one by `start()`, whose error is passed on."""
        with self._lock:
            flight = self._flying.get(key)
            if flight is not None and not flight.task.done:
                flight.waiting += 1
                return flight
            flight = self._flying[key] = Flight(key, start())
            return flight

    def leave(self, flight: Flight) -> None:
        """Wait no longer. Must follow every `board`."""
        with self._lock:
            flight.waiting -= 1
            if flight.waiting:
                return
            if self._flying.get(flight.key) is flight:
                del self._flying[flight.key]
        flight.task.shutdown()

    def __len__(self) -> int:
        return len(self._flying)
