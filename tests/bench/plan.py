"""How much is measured: the sizes and times of a full and of a quick bench."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Rounds, sizes and seconds. Every figure is the median of `runs` rounds."""

    runs: int
    sizes: tuple[int, ...]
    """Subscribers of the fan-out, the largest last."""
    seconds: float
    """Length of one phase."""
    middle: int = 1_000
    """Clients while bursts, round trips and heartbeats are measured."""
    players: int = 64
    """How many of them ask at the same time."""
    crowd: int = 10_000
    """Joined VideoChannel connections of the memory figure."""
    held: int = 19_000
    """Joined VideoChannel connections that one process must hold, where its limit of open files allows."""
    storm: int = 2_000
    """Clients that are cut off at once."""
    logins: int = 100
    """People who log in at the same time, again and again."""
    tries: int = 200
    """Refused log-ins that are timed, for each of two names."""
    half_sent: int = 500
    """Requests of which half was sent and no more comes."""
    readers: int = 200
    """Clients in the room whose broadcasts are timed meanwhile."""
    per_driver: int = 2_500
    """Subscribers of each of the two drivers in the figure of two workers."""
    stall_broadcasts: int = 2_500
    """Broadcasts of 4 KB that a stalled reader misses: 10 MB, more than the kernel and an outbox hold."""
    threads: bool = False
    """Whether the naive peer runs under threads: then it takes no part in more than 1,000 clients."""


FULL = Plan(runs=5, sizes=(100, 1_000, 10_000), seconds=3.0)
QUICK = Plan(
    runs=3, sizes=(100, 1_000), seconds=1.0, crowd=2_000, held=2_000, storm=500, tries=50, per_driver=500
)
