"""Who waits for the hub says so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.mistakes import LINES_PER_S, Mistakes
from rumbl_web.phoenix.transports import backlog

pytestmark = pytest.mark.usefixtures("quiet_before")


@pytest.fixture
def quiet_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no line had been written in this second."""
    monkeypatch.setattr(backlog, "_waits", Mistakes(others="such waits"))


@pytest.fixture
def told() -> Iterator[list[tuple[str, dict[str, float]]]]:
    events: list[tuple[str, dict[str, float]]] = []

    def handler(name: str, measurements: dict[str, float], _metadata: dict[str, Any]) -> None:
        events.append((name, measurements))

    telemetry.attach(handler)
    yield events
    telemetry.detach(handler)


def test_a_wait_ends_with_the_first_room_and_is_told(
    told: list[tuple[str, dict[str, float]]], caplog: pytest.LogCaptureFixture
) -> None:
    calls = [1, 2, 3]
    looks = iter(range(3))

    def works() -> bool:
        if next(looks) == 2:
            calls.pop()
        return True

    backlog.wait_for_room(calls, 3, works)

    [(name, measurements)] = told
    assert (name, measurements["backlog"]) == ("hub.behind", 3)
    assert 0 < measurements["duration_s"] < backlog.LONGEST_WAIT_S
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "the hub is behind" in record.getMessage()
    assert "behind 3 calls" in record.getMessage()


def test_nobody_waits_for_a_hub_with_room_or_one_that_works_no_more(
    told: list[tuple[str, dict[str, float]]], caplog: pytest.LogCaptureFixture
) -> None:
    backlog.wait_for_room([1, 2], 3, lambda: True)
    backlog.wait_for_room([1, 2, 3], 3, lambda: False)
    assert (told, caplog.records) == ([], [])


def test_a_hub_that_makes_no_room_is_waited_for_no_longer_than_so(
    told: list[tuple[str, dict[str, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LONGEST_WAIT_S", 0.02)
    backlog.wait_for_room([1], 1, lambda: True)
    assert told[0][1]["duration_s"] >= 0.02


def test_many_who_wait_write_few_lines(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "_waits", Mistakes(lambda: 0.0, "such waits"))
    monkeypatch.setattr(backlog, "LONGEST_WAIT_S", 0.005)
    waiting = [threading.Thread(target=backlog.wait_for_room, args=([1], 1, lambda: True)) for _ in range(20)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert len(caplog.records) == LINES_PER_S
