"""The life of a channel's process. The frames it sends are tested with the socket server."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from rumbl_web.phoenix import channel_server
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Reply
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.socket import Socket
from rumbl_web.phoenix.testing import (
    ClientChannel,
    ClientSocket,
    assert_push,
    assert_reply,
    connect,
    push,
    settle,
)


class Gate:
    """Lets the test stand between the steps of a callback."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()

    def stop_here(self) -> None:
        self.reached.set()
        assert self.go_on.wait(5)


class SlowJoin(Channel):
    """Reads its database in join, while others publish."""

    intercepts: ClassVar[frozenset[str]] = frozenset({"intercepted"})

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        socket.send_self("after_join")
        if payload.get("slow"):
            socket.endpoint.services["gate"].stop_here()
        return Joined({"list": []})

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply:
        if event == "stuck":
            socket.endpoint.services["gate"].stop_here()
        return Reply("ok")

    def handle_info(self, message: Any, socket: ChannelSocket) -> None:
        name = message.event if isinstance(message, Broadcast) else message
        socket.push("info", {"got": name})


class SlowSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"slow*": SlowJoin}


@pytest.fixture
def gate(endpoint: Endpoint) -> Gate:
    gate = endpoint.services["gate"] = Gate()
    return gate


@pytest.fixture
def client(endpoint: Endpoint) -> ClientSocket:
    return connect(SlowSocket, endpoint=endpoint)


def events(client: ClientSocket, count: int) -> list[str]:
    """The next things that arrived, each by its event or as its status."""
    return [getattr(item, "event", None) or item.status for _, item in client.connection.receive(count)]


def test_what_is_broadcast_while_join_runs_arrives_after_its_reply(
    client: ClientSocket, endpoint: Endpoint, gate: Gate
) -> None:
    client.send(None, "slow", "phx_join", {"slow": True})
    assert gate.reached.wait(1)
    endpoint.broadcast("slow", "one", {})
    endpoint.broadcast("slow", "intercepted", {})
    endpoint.broadcast("slow", "two", {})

    gate.go_on.set()

    assert events(client, 5) == ["ok", "one", "two", "info", "intercepted"]


def test_a_refused_or_crashed_join_keeps_no_seat(client: ClientSocket, endpoint: Endpoint) -> None:
    client.send(None, "slow", "phx_join", None)

    assert events(client, 1) == ["error"]
    assert client.server.channels["slow"].wait(1)
    assert endpoint.fastlane.groups("slow") == ()


def test_pushes_that_come_while_join_runs_wait_for_it(client: ClientSocket, gate: Gate) -> None:
    client.send(None, "slow", "phx_join", {"slow": True})
    assert gate.reached.wait(1)
    client.send("1", "slow", "anything", {})

    gate.go_on.set()

    assert sorted(events(client, 3)) == ["info", "ok", "ok"]


def test_a_channel_stuck_in_a_callback_is_replaced_in_time_and_never_heard_again(
    client: ClientSocket, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_server, "REPLACE_WITHIN_MS", 20)
    client.send(None, "slow", "phx_join", {})
    assert events(client, 2) == ["ok", "info"]
    old = client.server.channels["slow"]
    client.send("1", "slow", "stuck", {})
    assert gate.reached.wait(1)

    client.send(None, "slow", "phx_join", {})

    assert events(client, 3) == ["ok", "phx_close", "info"]
    gate.go_on.set()
    assert old.wait(1)
    assert_reply(push(ClientChannel(client, "slow", "3"), "anything"))
    assert client.connection.inbox.items == []


def test_a_client_hears_a_broadcast_once_while_its_old_channel_is_still_stuck(
    client: ClientSocket, endpoint: Endpoint, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_server, "REPLACE_WITHIN_MS", 20)
    client.send(None, "slow", "phx_join", {})
    assert events(client, 2) == ["ok", "info"]
    client.send("1", "slow", "stuck", {})
    assert gate.reached.wait(1)
    client.send(None, "slow", "phx_join", {})
    assert events(client, 3) == ["ok", "phx_close", "info"]

    endpoint.broadcast("slow", "news", {})
    client.send("3", "slow", "anything", {})

    assert sorted(events(client, 2)) == ["news", "ok"]
    assert client.connection.inbox.items == []
    gate.go_on.set()


def test_what_is_broadcast_while_the_new_channel_joins_is_not_heard_of_the_old_one_too(
    client: ClientSocket, endpoint: Endpoint, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_server, "REPLACE_WITHIN_MS", 20)
    client.send(None, "slow", "phx_join", {})
    assert events(client, 2) == ["ok", "info"]
    client.send("1", "slow", "stuck", {})
    assert gate.reached.wait(1)
    second = endpoint.services["gate"] = Gate()
    client.send(None, "slow", "phx_join", {"slow": True})
    assert second.reached.wait(1)

    endpoint.broadcast("slow", "news", {})
    second.go_on.set()

    assert events(client, 4) == ["ok", "phx_close", "news", "info"]
    assert client.connection.inbox.items == []
    gate.go_on.set()


def test_a_closed_connection_ends_a_channel_that_waits_for_its_turn_to_join(
    client: ClientSocket, gate: Gate
) -> None:
    client.send(None, "slow", "phx_join", {})
    client.send("1", "slow", "stuck", {})
    assert gate.reached.wait(1)
    old = client.server.channels["slow"]
    client.send(None, "slow", "phx_join", {})
    waiting = client.server.channels["slow"]

    client.server.closed(1006)

    assert waiting.wait(1)
    gate.go_on.set()
    assert old.wait(1)


def test_broadcasts_of_other_topics_come_to_handle_info(client: ClientSocket, endpoint: Endpoint) -> None:
    client.send(None, "slow", "phx_join", {})
    channel = ClientChannel(client, "slow", "1")
    assert_push(channel, "info", {"got": "after_join"})
    endpoint.subscribe("elsewhere", channel.process)

    endpoint.broadcast("elsewhere", "intercepted", {})

    assert_push(channel, "info", {"got": "intercepted"})


def test_a_full_mailbox_ends_a_channel_that_intercepts(
    client: ClientSocket, endpoint: Endpoint, gate: Gate
) -> None:
    client.send(None, "slow", "phx_join", {})
    channel = ClientChannel(client, "slow", "1")
    push(channel, "stuck")
    assert gate.reached.wait(1)

    for _ in range(channel.process.max_mailbox + 1):
        endpoint.broadcast("slow", "intercepted", {})
    gate.go_on.set()

    assert_push(channel, "phx_error", {"reason": "overrun"})
    settle(channel)
    assert channel.process.exit_reason == channel_server.OVERRUN


def test_its_repr_names_channel_and_topic(client: ClientSocket) -> None:
    client.send(None, "slow", "phx_join", {})

    assert repr(client.server.channels["slow"]) == "<ChannelServer SlowJoin 'slow'>"
