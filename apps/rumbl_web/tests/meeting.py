"""How many threads can be at one place at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

DEADLINE_S = 5.0
MANY = 6
"""As many threads as `run` is to have at hand."""


def meet(others: int, run: Callable[[Callable[[], object]], Future[object]]) -> int:
    """How many of MANY threads got to where `others` are awaited, each for a moment at most."""
    meeting = threading.Barrier(others, timeout=0.2)
    runs = [run(meeting.wait) for _ in range(MANY)]
    wait(runs, DEADLINE_S)
    return sum(one.exception() is None for one in runs)
