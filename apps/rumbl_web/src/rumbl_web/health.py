"""What this server process can do now, for load balancers and monitors. Answers at once, whatever hangs.

The process is "ok", or "degraded": it serves, but alone, since it does not reach the other nodes. It is ready
while its database answers too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypedDict

from info_sys import otp

ANSWER_S: Final = 0.1
"""How long to wait for the database before the last known state is told."""
PATIENCE_S: Final = 2.0
"""How long a database may take to answer before it counts as away: a busy one is slow."""


class Alive(TypedDict):
    """The process and its way to the others."""

    status: str
    pubsub: str


class Ready(Alive):
    """The same, with its database: "ok" or "away"."""

    database: str


class Health:
    """Asks `pubsub` for its state and `ping`s the database, which raises if it is away."""

    def __init__(
        self, pubsub: Callable[[], str] = lambda: "connected", ping: Callable[[], None] = lambda: None
    ) -> None:
        self._pubsub = pubsub
        self._ping = ping
        self._lock = threading.Lock()
        self._probe: _Probe | None = None
        self._answered = True

    def alive(self) -> Alive:
        """Whether the process is whole."""
        state = self._pubsub()
        return {"status": "ok" if state == "connected" else "degraded", "pubsub": state}

    def ready(self) -> Ready:
        """Whether it can serve."""
        alive = self.alive()
        there = self._database_answers()
        status = alive["status"] if there else "degraded"
        return {"status": status, "pubsub": alive["pubsub"], "database": "ok" if there else "away"}

    def _database_answers(self) -> bool:
        """Ask on a thread; there is one at most, however often a hanging database is asked for."""
        with self._lock:
            if self._probe is None or self._probe.done.is_set():
                self._probe = _Probe(self._ping)
                self._probe.start()
            probe = self._probe
        with otp.blocking():
            answered = probe.done.wait(ANSWER_S)
        if answered:
            self._answered = probe.answered
        elif time.monotonic() > probe.asked_at + PATIENCE_S:
            self._answered = False
        return self._answered


class _Probe(threading.Thread):
    """One question to the database."""

    def __init__(self, ping: Callable[[], None]) -> None:
        super().__init__(name="rumbl-health", daemon=True)
        self._ping = ping
        self.answered = False
        self.asked_at = time.monotonic()
        self.done = threading.Event()

    def run(self) -> None:
        """Ask; whatever is raised is no answer."""
        try:
            self._ping()
            self.answered = True
        except Exception:  # noqa: S110 - the answer is that there is none
            pass
        finally:
            self.done.set()
