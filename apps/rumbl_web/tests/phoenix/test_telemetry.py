"""The hook to watch the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import assert_reply, connect, join, push, settle

from .reference import PlainChannel, ReferenceSocket


@pytest.fixture
def events() -> Iterator[list[tuple[str, dict[str, float], dict[str, Any]]]]:
    seen: list[tuple[str, dict[str, float], dict[str, Any]]] = []

    def handler(name: str, measurements: dict[str, float], metadata: dict[str, Any]) -> None:
        seen.append((name, measurements, metadata))

    telemetry.attach(handler)
    yield seen
    telemetry.detach(handler)


def test_connecting_joining_and_pushing_are_measured(
    endpoint: Endpoint, events: list[tuple[str, dict[str, float], dict[str, Any]]]
) -> None:
    client = connect(ReferenceSocket, {"user_id": "1"}, endpoint=endpoint)
    _, channel = join(client, PlainChannel, "plain:1")
    assert_reply(push(channel, "ping"))
    settle(channel)

    assert [name for name, _, _ in events] == ["socket.connected", "channel.joined", "channel.handled_in"]
    assert all(measurements["duration_s"] > 0 for _, measurements, _ in events)
    assert events[2][2] == {"channel": PlainChannel, "event": "ping"}


def test_a_failing_handler_disturbs_nobody(
    events: list[tuple[str, dict[str, float], dict[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("no")

    telemetry.attach(failing)
    telemetry.stop("x", telemetry.start())
    telemetry.detach(failing)

    assert [name for name, _, _ in events] == ["x"]
    assert "telemetry handler failed on x" in caplog.text


def test_nothing_is_measured_when_nobody_listens() -> None:
    assert telemetry.start() == 0.0
