"""The hook to watch the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.channel_server import ChannelServer
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.live import Live
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.socket import Refused
from rumbl_web.phoenix.socket_server import connect as connect_server
from rumbl_web.phoenix.testing import (
    ClientSocket,
    JoinRefused,
    assert_reply,
    close,
    connect,
    join,
    leave,
    push,
    settle,
)
from rumbl_web.phoenix.transports.hub import Hub

from .reference import PlainChannel, ReferenceSocket, VideosChannel

Seen = list[tuple[str, dict[str, float], dict[str, Any]]]


@pytest.fixture
def events() -> Iterator[Seen]:
    seen: Seen = []

    def handler(name: str, measurements: dict[str, float], metadata: dict[str, Any]) -> None:
        seen.append((name, measurements, metadata))

    telemetry.attach(handler)
    yield seen
    telemetry.detach(handler)
    known = {event.name: event for event in telemetry.EVENTS}
    for name, measurements, metadata in seen:
        assert (*measurements,) == known[name].measurements, name
        assert (*metadata,) == known[name].metadata, name


@pytest.fixture
def client(endpoint: Endpoint) -> ClientSocket:
    return connect(ReferenceSocket, {"user_id": "1"}, endpoint=endpoint)


def names(events: Seen) -> list[str]:
    return [name for name, _, _ in events]


def last(events: Seen, name: str) -> dict[str, Any]:
    """What the last event of that name told."""
    return next({**measured, **about} for told, measured, about in reversed(events) if told == name)


def ended(process: ChannelServer) -> None:
    assert process.wait(5)


def test_connecting_joining_and_pushing_are_measured(events: Seen, client: ClientSocket) -> None:
    _, channel = join(client, PlainChannel, "plain:1")
    assert_reply(push(channel, "ping"))
    settle(channel)

    assert names(events) == ["socket.connected", "channel.joined", "channel.handled_in"]
    assert all(measurements["duration_s"] > 0 for _, measurements, _ in events)
    assert events[1][2] == {"channel": PlainChannel, "topic": "plain:1"}
    assert events[2][2] == {"channel": PlainChannel, "event": "ping"}


@pytest.mark.parametrize(
    ("params", "reason"), [({}, "connect"), ({"user_id": "1", "vsn": "9.9.9"}, "version")]
)
def test_a_refused_socket_is_told_with_the_reason(
    endpoint: Endpoint, events: Seen, params: dict[str, str], reason: str
) -> None:
    assert isinstance(connect_server(endpoint, ReferenceSocket, params), Refused)
    assert last(events, "socket.refused")["reason"] == reason


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize(
    ("path", "headers", "draining", "reason"),
    [
        ("websocket", {**UPGRADE, "Origin": "http://evil.example"}, False, "origin"),
        ("websocket", UPGRADE, True, "full"),
        ("websocket", {**UPGRADE, "Sec-WebSocket-Version": "8"}, False, "handshake"),
        ("longpoll", {"Origin": "http://evil.example"}, False, "origin"),
        ("longpoll", {"Sec-Fetch-Site": "cross-site"}, False, "origin"),
        ("longpoll", {}, True, "full"),
    ],
)
def test_who_does_not_come_as_far_as_a_socket_is_told(
    events: Seen, path: str, headers: dict[str, str], draining: bool, reason: str
) -> None:
    app, live = Flask(__name__), Live("a secret for tests, long enough to be one: 0123456789")
    live.mount(app, "/socket", ReferenceSocket, longpoll=True)
    if draining:
        live.stop()

    app.test_client().get(f"/socket/{path}?user_id=1&vsn=2.0.0", headers=headers)

    assert last(events, "transport.refused") == {"reason": reason}
    assert "socket.connected" not in names(events)


def test_a_refused_or_crashed_join_is_told_with_its_answer(events: Seen, client: ClientSocket) -> None:
    denied = (("videos:denied", {"reason": "unauthorized"}), ("videos:crash", {"reason": "join crashed"}))
    for topic, response in denied:
        with pytest.raises(JoinRefused):
            join(client, VideosChannel, topic)
        assert last(events, "channel.refused")["response"] == response


def test_how_a_channel_ended_is_told(events: Seen, client: ClientSocket) -> None:
    _, leaving = join(client, PlainChannel, "plain:1")
    assert_reply(leave(leaving))
    ended(leaving.process)
    assert last(events, "channel.left")["reason"] == ("shutdown", "left")

    _, crashing = join(client, PlainChannel, "plain:2")
    push(crashing, "crash")
    ended(crashing.process)
    assert isinstance(last(events, "channel.crashed")["reason"], Exception)
    assert last(events, "channel.crashed")["topic"] == "plain:2"
    assert last(events, "channel.handled_in")["event"] == "crash"

    _, stopping = join(client, PlainChannel, "plain:3")
    push(stopping, "stop_normal")
    ended(stopping.process)
    assert last(events, "channel.left")["reason"] == "normal"
    assert last(events, "channel.handled_in")["event"] == "stop_normal"


def test_a_lost_connection_is_told_with_its_code_and_its_channels(events: Seen, client: ClientSocket) -> None:
    join(client, PlainChannel, "plain:1")
    close(client, 1006)

    gone = last(events, "socket.disconnected")
    assert (gone["code"], gone["channels"], gone["socket"]) == (1006, 1, ReferenceSocket)
    assert last(events, "channel.left")["reason"] == ("shutdown", "closed")


def test_a_broadcast_is_told_once_however_many_hear_it(endpoint: Endpoint, events: Seen) -> None:
    for user in "123":
        join(connect(ReferenceSocket, {"user_id": user}, endpoint=endpoint), PlainChannel, "plain:1")
    endpoint.broadcast("plain:1", "hello", {})
    endpoint.broadcast("plain:nobody", "hello", {})

    assert names(events).count("pubsub.broadcast") == 2
    assert names(events).count("pubsub.fanned_out") == 1
    assert last(events, "pubsub.fanned_out") == {"subscribers": 3, "topic": "plain:1", "event": "hello"}


def test_a_drained_hub_is_told(events: Seen) -> None:
    Hub().drain()

    drained = last(events, "hub.drained")
    assert (drained["connections"], drained["left"]) == (0, 0)


def test_a_handler_that_raises_is_logged_and_detached_and_disturbs_nobody(
    events: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("no")

    telemetry.attach(failing)
    for _ in range(2):
        telemetry.emit("channel.left", channel=None, topic="t", reason="r")

    assert names(events) == ["channel.left"] * 2
    assert caplog.text.count("telemetry handler failed on channel.left and is detached") == 1


def test_what_a_handler_does_to_its_arguments_stays_with_it(events: Seen) -> None:
    telemetry.attach(greedy := lambda _name, measurements, _metadata: measurements.clear())
    telemetry.stop("channel.joined", telemetry.start(), channel=None, topic="t")
    telemetry.detach(greedy)

    assert events[0][1]["duration_s"] > 0


def test_nothing_is_measured_or_told_when_nobody_listens(
    client: ClientSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("told, although nobody listens")

    monkeypatch.setattr(telemetry, "emit", unwanted)
    monkeypatch.setattr(telemetry, "perf_counter", unwanted)
    _, channel = join(client, PlainChannel, "plain:1")
    assert_reply(push(channel, "shout", {}))
    client.endpoint.broadcast("plain:1", "hello", {})
    assert_reply(leave(channel))
    ended(channel.process)
    close(client)
    assert not telemetry.listening()


def test_a_gap_between_the_nodes_is_told_with_its_length(events: Seen) -> None:
    times = iter((10.0, 40.0))
    network = Network(clock=lambda: next(times))
    PubSub(network.adapter("a"))

    network.cut("a")
    network.heal("a")

    assert last(events, "pubsub.gap") == {"seconds": 30.0}
