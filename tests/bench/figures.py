"""What the report shows: one figure per line, with its target and what Phoenix reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Phoenix:
    """What Phoenix (cowboy) and the naive server reached side by side, on another machine.

    2 shared cores, Linux 6.18, phoenix 1.7.24 on OTP 25 with one scheduler, flask-sock 0.7.0 on gevent 26.9.
    """

    value: float
    naive: float | None = None

    @property
    def ratio(self) -> float | None:
        """Phoenix over naive there: comparable with our ratio here, as absolute figures are not."""
        return self.value / self.naive if self.naive else None


JOINS = Phoenix(1_290, 960)
FANOUT = {
    100: Phoenix(54_000, 33_000),
    1_000: Phoenix(56_000, 30_000),
    5_000: Phoenix(53_000, 36_000),
    10_000: Phoenix(46_000, 27_000),
}
BURSTS = Phoenix(65_000, 35_000)
HEARTBEATS = Phoenix(30_000, 8_800)
CALLS = Phoenix(21_300, 9_500)
MEMORY_KIB = Phoenix(17, 41)


@dataclass(frozen=True)
class Target:
    """A bound on a value or on a ratio; `at_least` False means at most."""

    bound: float
    at_least: bool = True
    of_ratio: bool = False

    def met(self, value: float) -> bool:
        """Whether `value` keeps the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:,g}{'x' if self.of_ratio else ''}"


@dataclass(frozen=True)
class Figure:
    """One line of the report: the runs of rumbl, beside those of the peers in the same rounds."""

    title: str
    ours: Sequence[float]
    naive: Sequence[float] = ()
    others: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The other peers by name, the floor among them."""
    of_floor: bool = False
    """Whether the floor is a limit of this figure: not of what may be written together."""
    phoenix: Phoenix | None = None
    target: Target | None = None
    note: str = ""
    cpu_ours: Sequence[float] = ()
    """CPU microseconds of our server for each delivery, answer or join, run by run."""
    cpu_naive: Sequence[float] = ()

    @property
    def value(self) -> float:
        """The median of our runs."""
        return median(self.ours)

    @property
    def ratios(self) -> list[float]:
        """Ours over naive, round by round: a slow hour slows both."""
        return _quotients(self.ours, self.naive)

    @property
    def cpu_ratio(self) -> float | None:
        """How many times less CPU time ours takes for each: hardly moved by what else the machine does."""
        ratios = _quotients(self.cpu_naive, self.cpu_ours)
        return median(ratios) if ratios else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios."""
        return median(self.ratios) if self.ratios else None

    @property
    def floor_share(self) -> float | None:
        """Ours over the floor's, round by round: how much of what the kernel allows is reached, if asked."""
        if not self.of_floor:
            return None
        shares = _quotients(self.ours, self.others.get("floor", ()))
        return median(shares) if shares else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target, or without the peer that it needs."""
        judged = self.ratio if self.target and self.target.of_ratio else self.value
        return None if self.target is None or judged is None else self.target.met(judged)


def _quotients(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(above, below, strict=False) if other]
