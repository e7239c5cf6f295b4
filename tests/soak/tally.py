"""What the tabs live through, with its moments: for the minutes, for each fault, for the whole run."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

_KEPT = 200_000


def _moments() -> deque[tuple[float, float]]:
    return deque(maxlen=_KEPT)


@dataclass
class Tally:
    """Moments are of the monotonic clock, durations seconds."""

    answers: deque[tuple[float, float]] = field(default_factory=_moments)
    """When a pushed note was answered, whatever the answer, and how long that took."""
    returns: deque[tuple[float, float]] = field(default_factory=_moments)
    """When a tab that lost its connection had joined again, and how long it was away."""
    postponed: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """When a note was answered with "unavailable"."""
    counts: Counter[str] = field(default_factory=Counter)
    """Of everything else: deliveries, closes by code, crashes, time-outs."""

    def answered(self, pushed_at: float) -> None:
        """A note that was pushed then has an answer."""
        now = time.monotonic()
        self.answers.append((now, now - pushed_at))

    def returned(self, lost_at: float) -> None:
        """A tab that was lost then is back."""
        now = time.monotonic()
        self.returns.append((now, now - lost_at))


def durations(
    events: Iterable[tuple[float, float]], since: float, until: float = float("inf")
) -> list[float]:
    """How long those took that ended between two moments."""
    return [took for at, took in list(events) if since <= at < until]


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so many are not above; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
