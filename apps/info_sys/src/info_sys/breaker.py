"""A circuit breaker: a source that fails again and again is left in peace for a while.

    closed    it is asked
    open      it is not asked until the time is over
    half-open one question tries it: an answer closes the breaker, a failure opens it for longer

The state can be kept anywhere (`Store`), so that all workers know what one of them found out.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

FAILURES: Final = 5
"""So many in a row open it (goal R37)."""
REST_S: Final = 30.0
MAX_REST_S: Final = 600.0
JITTER: Final = 0.1
PROBE_S: Final = 15.0
"""A try that has not ended by then is forgotten, and another one may be made."""

Phase = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one source. Times are of the wall clock, in s, since several processes share them."""

    failures: int = 0
    opened: int = 0
    """How many times in a row it has been opened: each rest is twice as long."""
    until: float = 0.0
    probing_until: float = 0.0


class Store(Protocol):
    """Where states live. `update` is atomic among all who share the store."""

    def read(self, name: str) -> State:
        """The state of a source, perhaps a moment old."""

    def update(self, name: str, change: Callable[[State], State]) -> State:
        """Change it by a pure function, and give what it was before."""


class MemoryStore:
    """For one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}

    def read(self, name: str) -> State:
        """The state now."""
        return self._states.get(name, State())

    def update(self, name: str, change: Callable[[State], State]) -> State:
        """Change it under a lock."""
        with self._lock:
            before = self._states.get(name, State())
            self._states[name] = change(before)
        return before


class Breaker:
    """The breakers of all sources. `clock` gives s; `dice` a number from 0 to 1."""

    def __init__(
        self, store: Store, clock: Callable[[], float], dice: Callable[[], float] = random.random
    ) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice

    def phase(self, name: str) -> Phase:
        """For people who look."""
        state = self._store.read(name)
        if not state.opened:
            return "closed"
        return "open" if self._clock() < state.until else "half-open"

    def allows(self, name: str) -> bool:
        """Whether to ask now. The first who comes when a rest is over tries, the others wait for it."""
        state, now = self._store.read(name), self._clock()
        if not state.opened:
            return True
        if now < state.until or now < state.probing_until:
            return False
        before = self._store.update(name, lambda known: _probe(known, now))
        return before.until <= now and before.probing_until <= now

    def succeeded(self, name: str) -> None:
        """It answered, if only that it knows nothing."""
        if self._store.read(name) != State():
            self._store.update(name, lambda _known: State())

    def failed(self, name: str, retry_after_s: float | None = None) -> None:
        """It did not. `retry_after_s`: how long it asked for peace itself, which opens it at once."""
        now = self._clock()
        self._store.update(name, lambda known: self._after_failure(known, now, retry_after_s))

    def _after_failure(self, known: State, now: float, retry_after_s: float | None) -> State:
        failures = known.failures + 1
        if retry_after_s is None and failures < FAILURES and not known.opened:
            return replace(known, failures=failures)
        rest = min(REST_S * 2**known.opened, MAX_REST_S) * (1 + JITTER * self._dice())
        return State(failures, known.opened + 1, now + max(rest, retry_after_s or 0.0))


def _probe(known: State, now: float) -> State:
    free = known.until <= now and known.probing_until <= now
    return replace(known, probing_until=now + PROBE_S) if free else known
