"""What a channel can do with its socket."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.channel_socket import reply
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Message
from rumbl_web.phoenix.testing import (
    ClientChannel,
    Pushed,
    assert_broadcast,
    assert_push,
    assert_reply,
    close,
    connect,
    join,
    settle,
    subscribe_and_join,
)

from .reference import PlainChannel, ReferenceSocket


@pytest.fixture
def channel(endpoint: Endpoint) -> ClientChannel:
    client = connect(ReferenceSocket, {"user_id": "7"}, endpoint=endpoint)
    return subscribe_and_join(client, PlainChannel, "plain:1")[1]


def test_it_knows_who_and_where_it_is(channel: ClientChannel, endpoint: Endpoint) -> None:
    socket = channel.socket

    assert (socket.topic, socket.id, socket.join_ref) == ("plain:1", "users_socket:7", "1")
    assert socket.assigns == {"user_id": "7"}
    assert socket.endpoint is endpoint
    assert socket.process is channel.process
    assert repr(socket) == "<ChannelSocket 'plain:1' id='users_socket:7'>"


def test_a_push_goes_to_one_client_and_a_broadcast_to_all(channel: ClientChannel, endpoint: Endpoint) -> None:
    _, other = join(connect(ReferenceSocket, {"user_id": "8"}, endpoint=endpoint), PlainChannel, "plain:1")

    channel.socket.push("mine", {"x": 1})
    channel.socket.broadcast("ours", {"x": 2})
    channel.socket.broadcast_from("theirs", {"x": 3})

    assert assert_push(channel, "mine") == {"x": 1}
    assert [item.event for _, item in channel.client.connection.inbox.items] == ["ours"]
    assert [item.event for _, item in other.client.connection.inbox.items] == ["ours", "theirs"]
    assert_broadcast(channel, "theirs", {"x": 3})


def test_ref_and_reply_need_a_message_at_hand(channel: ClientChannel) -> None:
    with pytest.raises(RuntimeError, match="inside handle_in"):
        channel.socket.ref()


def test_a_ref_can_be_answered_from_anywhere(channel: ClientChannel) -> None:
    socket = channel.socket
    socket.message = Message("1", "x", "plain:1", "later", {})
    ref = socket.ref()
    socket.message = None

    reply(ref, "ok")
    assert assert_reply(Pushed(channel.client, "x")) == {}
    ref.reply("error", {"reason": "late"})
    assert assert_reply(Pushed(channel.client, "x"), "error") == {"reason": "late"}


def test_nothing_goes_out_before_the_join_is_over(channel: ClientChannel) -> None:
    socket = channel.socket
    socket.joined = False

    for early in (socket.push, socket.broadcast, socket.broadcast_from):
        with pytest.raises(RuntimeError, match="after_join"):
            early("event", {})
    with pytest.raises(RuntimeError, match="after_join"):
        socket.ref()


def test_after_the_end_everything_is_swallowed(channel: ClientChannel) -> None:
    channel.client.connection.close(1001)
    close(channel.client)
    arrived = len(channel.client.connection.inbox.items)

    channel.socket.push("late", {})
    channel.socket.send_self("late")
    settle(channel)

    assert len(channel.client.connection.inbox.items) == arrived
