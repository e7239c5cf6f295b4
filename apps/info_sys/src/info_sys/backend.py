"""The plug point of the information system: who can be asked.

A backend is plain, synchronous code. It may be slow, crash or return nonsense; `info_sys.compute` is built
around that. Subclass `Backend`, and hand an object of it to `compute` or to the application.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from info_sys.result import Result


@dataclass(frozen=True, slots=True)
class Options:
    """What the asker allows: so many results, in so many ms from now."""

    limit: int = 10
    timeout_ms: float = 10_000
    started: float = field(default_factory=time.monotonic)

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, never below 0."""
        return max(self.started + self.timeout_ms / 1000 - time.monotonic(), 0.0)


class Backend(Protocol):
    """Somebody who answers questions. `name` is the username of its answers, `title` is for people."""

    name: str
    title: str

    def compute(self, query: str, opts: Options) -> list[Result]:
        """The answers to `query`. Runs on a thread of its own; anything raised means no answer."""

    def matches(self, query: str) -> bool:
        """Whether it makes sense to ask. Called for every note that anybody writes: microseconds, no I/O."""
        return True
