"""Each server process on a core of its own.

Its threads hand the interpreter to each other, and that is quicker on one core than across two.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable


def choose(usable: Collection[int], taken: Iterable[int]) -> int:
    """The usable core that is taken least often, the first of several."""
    counts = Counter(taken)
    return min(usable, key=lambda core: (counts[core], core))


def usable() -> Collection[int]:
    """The cores that this process may use; none where the system has no such thing."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()


def keep_to(core: int) -> None:
    """Let this process, its threads to come included, run on this core only."""
    os.sched_setaffinity(0, {core})
