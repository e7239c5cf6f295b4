"""What a process says of itself."""

from __future__ import annotations

import threading
import time

import pytest

from rumbl_web import health
from rumbl_web.health import Health


def fails() -> None:
    raise ConnectionError("away")


def test_a_whole_process_is_ok() -> None:
    assert Health().alive() == {"status": "ok", "pubsub": "connected"}
    assert Health().ready() == {"status": "ok", "pubsub": "connected", "database": "ok"}


def test_a_node_that_does_not_reach_the_others_is_degraded() -> None:
    alone = Health(pubsub=lambda: "degraded")

    assert alone.alive() == {"status": "degraded", "pubsub": "degraded"}
    assert alone.ready()["database"] == "ok"


def test_a_database_that_is_away_is_said() -> None:
    assert Health(ping=fails).ready() == {"status": "degraded", "pubsub": "connected", "database": "away"}


def test_a_database_that_hangs_costs_one_thread_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.3)
    answers = threading.Event()
    asked: list[int] = []

    def hangs() -> None:
        asked.append(1)
        answers.wait(30)

    site = Health(ping=hangs)
    started = time.monotonic()
    assert site.ready()["database"] == "ok", "a moment is no outage"
    while site.ready()["database"] == "ok":
        assert time.monotonic() - started < 20
    assert asked == [1]

    answers.set()
    while site.ready()["database"] == "away":
        assert time.monotonic() - started < 20
