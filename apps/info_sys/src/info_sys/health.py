"""How the sources do: who may be asked now, and what became of those who were."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from info_sys.backend import Backend
from info_sys.breaker import Breaker, MemoryStore, Phase
from info_sys.breaker import Store as Breakers
from info_sys.budget import Budget, MemoryBudget
from info_sys.http_client import HttpFailed
from info_sys.stats import Stats

Refusal = Literal["resting", "busy"]


class Health:
    """Of all sources of one application. The stores may be shared by several processes."""

    def __init__(
        self,
        breakers: Breakers | None = None,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.breaker = Breaker(breakers or MemoryStore(), clock)
        self.budget = budget or MemoryBudget(clock)
        self.stats = Stats()

    def refusal(self, backend: Backend) -> Refusal | None:
        """Why a source is not to be asked now: it rests after failures, or it was asked too often."""
        reason: Refusal | None = None
        if not self.breaker.allows(backend.name):
            reason = "resting"
        elif backend.per_minute is not None and not self.budget.take(backend.name, backend.per_minute):
            reason = "busy"
        if reason:
            self.stats.count(backend.name, reason)
        return reason

    def succeeded(self, backend: Backend, outcome: str, took_ms: float) -> None:
        """It answered, or had nothing to say."""
        self.breaker.succeeded(backend.name)
        self.stats.count(backend.name, outcome, took_ms)

    def failed(self, backend: Backend, outcome: str, took_ms: float, error: object = None) -> None:
        """It failed or was late."""
        again_s = error.retry_after_s if isinstance(error, HttpFailed) else None
        self.breaker.failed(backend.name, again_s)
        self.stats.count(backend.name, outcome, took_ms)

    def phase(self, name: str) -> Phase:
        """The state of a source's breaker."""
        return self.breaker.phase(name)
