"""How often a source may be asked: a bucket of tokens per source, which fills by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

BURST_S: Final = 10.0
"""A source that was left alone may be asked at once what it may be asked in so many seconds."""


class Budget(Protocol):
    """Where the tokens are."""

    def take(self, name: str, per_minute: float) -> bool:
        """Take one token of a source; False when there is none."""


class MemoryBudget:
    """For one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str, per_minute: float) -> bool:
        """Take one, if it is there."""
        most, now = max(per_minute * BURST_S / 60, 1.0), self._clock()
        with self._lock:
            tokens, since = self._buckets.get(name, (most, now))
            tokens = min(most, tokens + max(now - since, 0.0) * per_minute / 60)
            enough = tokens >= 1
            self._buckets[name] = (tokens - enough, now)
        return enough
