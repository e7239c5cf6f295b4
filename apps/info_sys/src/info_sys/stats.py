"""What became of the questions to each source: counts and times, for people and for a metrics reader."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

BOUNDS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True, slots=True)
class Sample:
    """One source: how many questions ended how, and the times of those that were asked.

    `times` counts the questions that took at most each of `BOUNDS_MS`, the last count is of all others.
    """

    outcomes: dict[str, int]
    times: tuple[int, ...]
    sum_ms: float

    def quantile_ms(self, share: float) -> float | None:
        """The time within which this share of the questions ended, by the bound above it; None for none."""
        counted = list(accumulate(self.times))
        if not counted[-1]:
            return None
        place = bisect_left(counted, share * counted[-1])
        return float(BOUNDS_MS[place]) if place < len(BOUNDS_MS) else float("inf")


class Stats:
    """Counts of one process, safe to use from any thread; bounded by the number of sources."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: dict[str, Counter[str]] = {}
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def count(self, name: str, outcome: str, took_ms: float | None = None) -> None:
        """One question to `name` ended so, after `took_ms` ms if it was asked at all."""
        with self._lock:
            self._outcomes.setdefault(name, Counter())[outcome] += 1
            if took_ms is None:
                return
            times = self._times.setdefault(name, [0] * (len(BOUNDS_MS) + 1))
            times[bisect_left(BOUNDS_MS, took_ms)] += 1
            self._sums[name] = self._sums.get(name, 0.0) + took_ms

    def samples(self) -> dict[str, Sample]:
        """All sources by name."""
        with self._lock:
            return {name: self._sample(name, counts) for name, counts in self._outcomes.items()}

    def _sample(self, name: str, counts: Counter[str]) -> Sample:
        times = self._times.get(name, [0] * (len(BOUNDS_MS) + 1))
        return Sample(dict(counts), tuple(times), self._sums.get(name, 0.0))
