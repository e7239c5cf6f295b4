"""How a connection begins and ends, and what it may ask for at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import pytest

from rumbl_web.phoenix.channel import Channel, ChannelSocket
from rumbl_web.phoenix.channel_server import ChannelServer
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Refused
from rumbl_web.phoenix.socket_server import (
    LARGE,
    MAX_WAITING,
    MAX_WAITING_BEHIND_LARGE,
    SocketServer,
    connect,
)
from rumbl_web.phoenix.testing_transport import MemoryConnection

from .reference import PlainChannel, ReferenceSocket, Wire

Dial = Callable[..., Wire]

OK = {"response": {}, "status": "ok"}
EMPTY = {"response": {"annotations": []}, "status": "ok"}
UNMATCHED = {"response": {"reason": "unmatched topic"}, "status": "error"}


def join(wire: Wire, topic: str = "plain:1", ref: str = "1") -> None:
    assert wire.ask(f'["{ref}","{ref}","{topic}","phx_join",{{}}]') == [[ref, ref, topic, "phx_reply", EMPTY]]


def test_the_101st_channel_is_refused(wire: Wire) -> None:
    wire.send(*(f'["{n}","{n}","plain:l{n}","phx_join",{{}}]' for n in range(100)))
    wire.receive(100)

    too_many = {"response": {"reason": "too many channels joined"}, "status": "error"}
    assert wire.ask('["100","100","plain:l100","phx_join",{}]') == [
        ["100", "100", "plain:l100", "phx_reply", too_many]
    ]
    assert wire.ask('["1","101","plain:l1","phx_leave",{}]', 2)[1][3] == "phx_close"
    join(wire, "plain:l100", "102")


@pytest.mark.parametrize(
    "data", ["", "nonsense", "{}", "[]", '["1","2","t","e"]', "5", "[" * 5000, '"\ud800']
)
def test_what_is_no_message_raises_so_that_the_transport_closes(wire: Wire, data: str) -> None:
    with pytest.raises(DecodeError):
        wire.server.handle_text(data.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x00\x01", b"\x00\x01\x01\x01\x01abc", b"\x00\x01\x00\x00\x00\xff"]
)
def test_what_is_no_binary_message_raises(wire: Wire, data: bytes) -> None:
    with pytest.raises(DecodeError):
        wire.server.handle_binary(data)


def test_a_deeply_nested_echo_ends_that_channel_alone(wire: Wire) -> None:
    join(wire)
    deep = "[" * 500 + "]" * 500

    assert wire.ask(f'["1","2","plain:1","echo",{deep}]') == [
        ["1", "1", "plain:1", "phx_error", {"reason": "crashed"}]
    ]
    assert wire.quiet()


def test_channels_end_with_their_connection_after_handling_what_was_sent(
    wire: Wire, dial: Dial, ended: list[tuple[str, object]], endpoint: Endpoint
) -> None:
    other = dial("2")
    join(wire)
    join(other)
    channel = wire.server.channels["plain:1"]

    wire.send('["1","2","plain:1","shout_from",{"last":1}]')
    wire.server.closed(1006)

    assert other.receive() == [[None, None, "plain:1", "shout", {"last": 1}]]
    assert channel.wait(1)
    assert ended == [("plain:1", ("shutdown", "closed"))]
    assert [group.size for group in endpoint.fastlane.groups("plain:1")] == [1]
    assert endpoint.pubsub.receivers("users_socket:1") == []


def test_disconnect_closes_every_socket_of_that_id_with_1001(
    wire: Wire, dial: Dial, endpoint: Endpoint
) -> None:
    second_tab, other = dial("1"), dial("2")

    endpoint.disconnect("users_socket:1")

    for client in (wire, second_tab):
        assert client.connection.closings.items == [(1001, "disconnect")]
    assert other.connection.closings.items == []


def test_a_disconnect_broadcast_does_the_same(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.broadcast("users_socket:1", "disconnect", {})

    assert wire.connection.closings.items == [(1001, "disconnect")]


def test_a_socket_may_have_several_ids(endpoint: Endpoint) -> None:
    class ManyIds(ReferenceSocket):
        def id(self, assigns: object) -> tuple[str, ...]:  # type: ignore[override]  # a tuple is allowed
            return ("user:1", "session:x")

    first, second = Wire(endpoint, "1", ManyIds), Wire(endpoint, "1", ManyIds)

    endpoint.disconnect("session:x")
    second.server.closed(1001)

    assert first.connection.closings.items == [(1001, "disconnect")]
    assert endpoint.pubsub.receivers("user:1") == [first.server]


def test_a_disconnect_that_comes_before_the_connection_opens_closes_it_at_once(endpoint: Endpoint) -> None:
    server = connect(endpoint, ReferenceSocket, {"user_id": "1", "vsn": "2.0.0"})
    assert isinstance(server, SocketServer)
    connection = MemoryConnection()

    endpoint.disconnect("users_socket:1")
    server.opened(connection)

    assert connection.closings.items == [(1001, "disconnect")]


def test_a_disconnect_while_the_site_still_decides_is_a_refusal(endpoint: Endpoint) -> None:
    class LoggedOutMeanwhile(ReferenceSocket):
        def connect(self, params: Mapping[str, object], info: ConnectInfo) -> Connected | Refused:
            answer = super().connect(params, info)
            endpoint.disconnect(f"users_socket:{params['gone']}")
            return answer

    gone = connect(endpoint, LoggedOutMeanwhile, {"user_id": "1", "gone": "1", "vsn": "2.0.0"})
    other = connect(endpoint, LoggedOutMeanwhile, {"user_id": "1", "gone": "2", "vsn": "2.0.0"})

    assert gone == Refused()
    assert endpoint.pubsub.receivers("users_socket:1") == [other]


def test_a_connection_that_never_opens_leaves_nothing_behind(endpoint: Endpoint) -> None:
    server = connect(endpoint, ReferenceSocket, {"user_id": "1", "vsn": "2.0.0"})
    assert isinstance(server, SocketServer)

    server.closed(1006)
    endpoint.disconnect("users_socket:1")

    assert endpoint.pubsub.receivers("users_socket:1") == []


class Busy(PlainChannel):
    """Is held up by a slow database."""

    def handle_in(self, event: str, payload: object, socket: ChannelSocket) -> None:
        socket.endpoint.services["go_on"].wait(5)


class BusySocket(ReferenceSocket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"busy*": Busy}


@pytest.fixture
def busy(endpoint: Endpoint) -> Iterator[Wire]:
    """Ten joined channels that do not come to an end with their first push."""
    go_on = endpoint.services["go_on"] = threading.Event()
    wire = Wire(endpoint, socket=BusySocket)
    for number in range(10):
        join(wire, f"busy{number}")
    yield wire
    go_on.set()


@pytest.mark.parametrize(
    ("messages", "size"),
    [
        pytest.param(ChannelServer.max_mailbox + 70, 1, id="on one topic"),
        pytest.param(MAX_WAITING + 640 + 70, 1, id="over all topics"),
        pytest.param(MAX_WAITING_BEHIND_LARGE + 1, LARGE, id="of large messages"),
    ],
)
def test_a_client_that_floods_its_channels_is_closed(
    busy: Wire, messages: int, size: int, request: pytest.FixtureRequest
) -> None:
    topics = 1 if "one topic" in request.node.name else 10
    text = "x" * size

    for number in range(messages + 10 * topics):
        busy.send(f'["1","2","busy{number % topics}","ping","{text}"]')

    assert busy.connection.closings.items[0] == (1008, "too many messages in flight")


def test_a_large_message_is_taken_when_nothing_waits(wire: Wire) -> None:
    join(wire)
    text = "x" * LARGE

    assert wire.ask(f'["1","2","plain:1","echo","{text}"]')[0][4]["response"] == text
    assert len(wire.ask(b"\x00\x01\x01\x07\x08" + b"12plain:1ping_bin" + text.encode())[0]) > LARGE


# -- connecting


@pytest.mark.parametrize("vsn", ["3.0.0", "abc", "", "2.1.0", "2.0.0\n", 2])
def test_an_unknown_version_is_refused(endpoint: Endpoint, vsn: object) -> None:
    assert connect(endpoint, ReferenceSocket, {"user_id": "1", "vsn": vsn}) == Refused()


def test_a_refusing_socket_names_its_http_status(endpoint: Endpoint) -> None:
    assert connect(endpoint, ReferenceSocket, {"vsn": "2.0.0"}) == Refused(http_status=401)


def test_what_connect_assigned_is_in_every_channel_but_not_shared(endpoint: Endpoint) -> None:
    wire = Wire(endpoint, "7")
    join(wire, "plain:1", "1")
    join(wire, "plain:2", "2")
    first, second = (wire.server.channels[topic].socket.assigns for topic in ("plain:1", "plain:2"))

    first["mine"] = True

    assert (first["user_id"], second) == ("7", {"user_id": "7"})


def test_a_wrong_result_of_connect_is_named(endpoint: Endpoint) -> None:
    class Wrong(ReferenceSocket):
        def connect(self, params: object, info: object) -> bool:  # type: ignore[override]  # a newcomer's
            return True

    with pytest.raises(TypeError, match="connect must return"):
        connect(endpoint, Wrong, {"vsn": "2.0.0"})


def test_a_socket_server_is_what_a_good_connect_gives(endpoint: Endpoint) -> None:
    server = connect(endpoint, ReferenceSocket, {"user_id": "1", "vsn": "2.0.0"})

    assert isinstance(server, SocketServer)


@pytest.mark.parametrize("join_ref", ['"' + "x" * 256 + '"', "[" + "[]," * 100 + "[]]"])
def test_a_join_ref_that_would_be_kept_is_short(wire: Wire, join_ref: str) -> None:
    too_long = {"response": {"reason": "join_ref too long"}, "status": "error"}

    assert wire.ask(f'[{join_ref},"1","plain:1","phx_join",{{}}]') == [
        [None, "1", "plain:1", "phx_reply", too_long]
    ]

    longest = "x" * 255
    join(wire, "plain:1", longest)
