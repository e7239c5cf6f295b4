"""The memory of processes over time: a line through the samples of each, and how steep it is."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from tests.soak.judge import Goal

WARM_UP_S = 180.0
"""What a young process allocates is no leak: its first samples are left out."""
SHORTEST_S = 600.0
"""Of less nothing can be said about ten minutes."""
MOST_PERCENT = 1.0
_TEN_MINUTES_S = 600.0


@dataclass
class Series:
    """The resident memory of one process for a time, as (seconds of the run, bytes)."""

    name: str
    samples: list[tuple[float, int]] = field(default_factory=list)

    @property
    def settled(self) -> list[tuple[float, int]]:
        """The samples after its warm-up."""
        return [(at, size) for at, size in self.samples if at >= self.samples[0][0] + WARM_UP_S]

    @property
    def percent_per_ten_minutes(self) -> float | None:
        """How much it grows, of its mean; None if the series is too short."""
        settled = self.settled
        if len(settled) < 3 or settled[-1][0] - settled[0][0] < SHORTEST_S:
            return None
        times, sizes = zip(*settled, strict=True)
        slope = statistics.linear_regression(times, sizes).slope
        return 100 * slope * _TEN_MINUTES_S / statistics.fmean(sizes)

    def __str__(self) -> str:
        if not self.samples:
            return f"{self.name}: no sample"
        (begin, first), (end, last) = self.samples[0], self.samples[-1]
        percent = self.percent_per_ten_minutes
        slope = "too short for a slope" if percent is None else f"{percent:+.2f} % in 10 minutes"
        sizes = f"{first / 2**20:.1f} to {last / 2**20:.1f} MiB"
        return f"{self.name}: {sizes} from minute {begin / 60:.1f} to {end / 60:.1f}, {slope}"


def goals(series: list[Series]) -> list[Goal]:
    """One for each process that was there long enough."""
    found = [(one, one.percent_per_ten_minutes) for one in series]
    return [
        Goal(f"growth of {one.name} in 10 minutes, %", round(percent, 2), MOST_PERCENT)
        for one, percent in found
        if percent is not None
    ]
