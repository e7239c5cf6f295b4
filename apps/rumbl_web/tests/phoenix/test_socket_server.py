"""Every recorded exchange of the V2 protocol, driven through the socket server with in-memory bytes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import pytest

from rumbl_web.phoenix.channel import Channel, ChannelSocket
from rumbl_web.phoenix.channel_server import ChannelServer
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.socket import Refused
from rumbl_web.phoenix.socket_server import (
    LARGE,
    MAX_WAITING,
    MAX_WAITING_BEHIND_LARGE,
    SocketServer,
    connect,
)

from .reference import PlainChannel, ReferenceSocket, Wire

Dial = Callable[..., Wire]

OK = {"response": {}, "status": "ok"}
EMPTY = {"response": {"annotations": []}, "status": "ok"}
UNMATCHED = {"response": {"reason": "unmatched topic"}, "status": "error"}


def join(wire: Wire, topic: str = "plain:1", ref: str = "1") -> None:
    assert wire.ask(f'["{ref}","{ref}","{topic}","phx_join",{{}}]') == [[ref, ref, topic, "phx_reply", EMPTY]]


def test_join_is_answered_with_what_the_channel_responds(wire: Wire) -> None:
    assert wire.ask('["1","1","plain:1","phx_join",{"token":"t"}]') == [
        ["1", "1", "plain:1", "phx_reply", EMPTY]
    ]
    assert wire.ask('["2","2","plain:bare","phx_join",{}]') == [["2", "2", "plain:bare", "phx_reply", OK]]


@pytest.mark.parametrize(
    ("frame", "ref"),
    [
        ('[null,"2","phoenix","heartbeat",{}]', "2"),
        ('[null, 7, "phoenix", "heartbeat", {}]', 7),
        ('[null,7,"phoenix","heartbeat",{}]', 7),
        ('["1",null,"phoenix","heartbeat",{"x":1}]', None),
    ],
)
def test_a_heartbeat_is_answered_without_a_join(wire: Wire, frame: str, ref: object) -> None:
    assert wire.ask(frame) == [[None, ref, "phoenix", "phx_reply", OK]]


def test_a_push_is_answered_with_ok_error_or_silence(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["1","4","plain:1","ping",{}]') == [["1", "4", "plain:1", "phx_reply", OK]]
    assert wire.ask('["1","4b","plain:1","fail",{"reason":"x"}]') == [
        ["1", "4b", "plain:1", "phx_reply", {"response": {"reason": "x"}, "status": "error"}]
    ]
    assert wire.ask('["1","4c","plain:1","only_error",{}]') == [
        ["1", "4c", "plain:1", "phx_reply", {"response": {}, "status": "error"}]
    ]
    wire.send('["1","6","plain:1","silent",{}]')
    assert wire.ask('["1","7","plain:1","ping",{}]')[0][1] == "7"


def test_a_broadcast_reaches_its_sender_before_the_reply(wire: Wire) -> None:
    join(wire)

    frames = wire.ask(r'["1","5","plain:1","new_annotation",{"body":"hi \"q\"","at":1250}]', 2)

    note = {"at": 1250, "body": 'hi "q"', "id": 2, "user": {"username": "1"}}
    assert frames == [
        [None, None, "plain:1", "new_annotation", note],
        ["1", "5", "plain:1", "phx_reply", OK],
    ]


def test_a_push_of_the_channel_has_its_join_ref_and_no_ref(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["1","8","plain:1","push_back",{"x":1}]') == [["1", None, "plain:1", "pushed", {"x": 1}]]


def test_broadcast_from_reaches_all_but_the_sender(wire: Wire, dial: Dial) -> None:
    other = dial("2")
    join(wire)
    join(other)

    assert wire.ask('["1","7b","plain:1","shout_from",{"x":1}]') == [["1", "7b", "plain:1", "phx_reply", OK]]
    assert other.receive() == [[None, None, "plain:1", "shout", {"x": 1}]]
    assert wire.quiet()


def test_an_intercepted_broadcast_becomes_a_push_to_each(wire: Wire, dial: Dial) -> None:
    other = dial("2")
    join(wire)
    join(other, ref="9")

    wire.send('["1","9b","plain:1","intercept_me",{"x":1}]')

    assert wire.receive() == [["1", None, "plain:1", "intercepted", {"for": "1", "x": 1}]]
    assert other.receive() == [["9", None, "plain:1", "intercepted", {"for": "2", "x": 1}]]


def test_a_reply_may_come_later_from_elsewhere(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["1","9","plain:1","later",{"x":1}]') == [
        ["1", "9", "plain:1", "phx_reply", {"response": {"x": 1}, "status": "ok"}]
    ]


def test_leave_is_answered_and_then_closed(wire: Wire, ended: list[tuple[str, object]]) -> None:
    join(wire)

    assert wire.ask('["1","18","plain:1","phx_leave",{}]', 2) == [
        ["1", "18", "plain:1", "phx_reply", OK],
        ["1", "1", "plain:1", "phx_close", {}],
    ]
    assert ended == [("plain:1", ("shutdown", "left"))]
    assert wire.ask('["1","19","plain:1","ping",{}]') == [[None, "19", "plain:1", "phx_reply", UNMATCHED]]


def test_the_join_ref_of_a_push_is_ignored(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["99","13","plain:1","ping",{}]') == [["1", "13", "plain:1", "phx_reply", OK]]
    assert wire.ask('[null,"14","plain:1","ping",{}]') == [["1", "14", "plain:1", "phx_reply", OK]]


@pytest.mark.parametrize("ref", [21, None, "x", [1, "2"], {"a": 1}, 1.5, True])
def test_refs_come_back_with_their_json_type(wire: Wire, ref: object) -> None:
    coded = json.dumps(ref)

    assert wire.ask(f'[{coded},{coded},"plain:21","phx_join",{{}}]') == [
        [ref, ref, "plain:21", "phx_reply", EMPTY]
    ]
    assert wire.ask(f'[{coded},{coded},"plain:21","push_back",{{}}]') == [
        [ref, None, "plain:21", "pushed", {}]
    ]
    assert wire.ask(f'[{coded},{coded},"plain:21","ping",{{}}]') == [[ref, ref, "plain:21", "phx_reply", OK]]


@pytest.mark.parametrize("payload", ["null", "[1]", '"text"', "{}"])
def test_a_join_payload_may_be_any_json(wire: Wire, payload: str) -> None:
    assert wire.ask(f'["1","1","plain:1","phx_join",{payload}]')[0][4] == EMPTY


def test_a_sixth_element_is_ignored(wire: Wire) -> None:
    assert wire.ask('["1","1","plain:1","phx_join",{},"more"]')[0][4] == EMPTY


@pytest.mark.parametrize("payload", [[1, 2], "str", None, {"a": {"b": [1]}}])
def test_a_reply_may_carry_any_json(wire: Wire, payload: object) -> None:
    join(wire)

    assert wire.ask(f'["1","2","plain:1","echo",{json.dumps(payload)}]') == [
        ["1", "2", "plain:1", "phx_reply", {"response": payload, "status": "ok"}]
    ]


# -- errors


@pytest.mark.parametrize("topic", ["nope:1", "videos", "", "phoenix", "plain", "p" * 2000, "videos\u0000"])
def test_a_topic_without_a_channel_is_unmatched_and_the_join_ref_null(wire: Wire, topic: str) -> None:
    assert wire.ask(json.dumps(["1", "1", topic, "phx_join", {}])) == [
        [None, "1", topic, "phx_reply", UNMATCHED]
    ]


def test_the_prefix_alone_is_a_topic(wire: Wire) -> None:
    assert wire.ask('["1","1","videos:","phx_join",{}]')[0][4] == OK


@pytest.mark.parametrize("topic", [5, None, [], {}])
@pytest.mark.parametrize("event", ["phx_join", "ping", "heartbeat"])
def test_a_topic_that_is_no_string_is_unmatched(wire: Wire, topic: object, event: str) -> None:
    assert wire.ask(json.dumps(["1", "1", topic, event, {}])) == [[None, "1", topic, "phx_reply", UNMATCHED]]


def test_a_refused_join_keeps_its_join_ref(wire: Wire) -> None:
    refused = {"response": {"reason": "unauthorized"}, "status": "error"}

    assert wire.ask('["2","2","videos:denied","phx_join",{}]') == [
        ["2", "2", "videos:denied", "phx_reply", refused]
    ]
    assert wire.ask('["2","3","videos:denied","ping",{}]') == [
        [None, "3", "videos:denied", "phx_reply", UNMATCHED]
    ]


def test_pushes_right_behind_a_refused_join_are_answered(wire: Wire) -> None:
    wire.send(
        '["2","2","videos:denied","phx_join",{}]',
        '["2","3","videos:denied","ping",{}]',
        '["2","4","videos:denied","phx_leave",{}]',
    )

    answers = {frame[1]: frame[4] for frame in wire.receive(3)}
    assert (answers["3"], answers["4"]) == (UNMATCHED, OK)


@pytest.mark.parametrize("kind", ["crash", "object", "early", "wrong"])
def test_a_crash_in_join_is_one_fixed_answer(wire: Wire, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    crashed = {"response": {"reason": "join crashed"}, "status": "error"}

    assert wire.ask(f'["3","3","videos:{kind}","phx_join",{{}}]') == [
        ["3", "3", f"videos:{kind}", "phx_reply", crashed]
    ]
    assert wire.quiet()
    assert f"VideosChannel on 'videos:{kind}' crashed in join" in caplog.text


def test_pushing_inside_join_tells_the_recipe(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    wire.ask('["3","3","videos:early","phx_join",{}]')

    assert 'socket.send_self("after_join")' in caplog.text


def test_a_push_to_a_topic_not_joined_is_unmatched(wire: Wire) -> None:
    assert wire.ask('["1","10","plain:none","ping",{}]') == [
        [None, "10", "plain:none", "phx_reply", UNMATCHED]
    ]
    assert wire.ask('[null,"16","phoenix","nonsense",{}]') == [
        [None, "16", "phoenix", "phx_reply", UNMATCHED]
    ]


def test_leaving_a_topic_not_joined_is_ok(wire: Wire) -> None:
    assert wire.ask('["1","12","plain:none","phx_leave",{}]') == [["1", "12", "plain:none", "phx_reply", OK]]
    assert wire.quiet()


@pytest.mark.parametrize("event", ["crash", "unheard of", "list_broadcast", "wrong"])
def test_a_crash_ends_that_channel_alone(wire: Wire, event: str, caplog: pytest.LogCaptureFixture) -> None:
    join(wire, "plain:c", "2")
    join(wire, "plain:other", "4")

    assert wire.ask(f'["2","3","plain:c","{event}",{{"p":1}}]') == [["2", "2", "plain:c", "phx_error", {}]]
    assert wire.ask('["2","5","plain:c","ping",{}]') == [[None, "5", "plain:c", "phx_reply", UNMATCHED]]
    assert wire.ask('["4","6","plain:other","ping",{}]') == [["4", "6", "plain:other", "phx_reply", OK]]
    assert f"PlainChannel on 'plain:c' crashed in {event!r}" in caplog.text
    join(wire, "plain:c", "7")


def test_an_event_that_is_no_string_crashes_the_channel_alone(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["1","2","plain:1",{"a":[]},{}]') == [["1", "1", "plain:1", "phx_error", {}]]
    assert wire.quiet()


@pytest.mark.parametrize("event", ["stop_normal", "stop_shutdown", "stop_shutdown_tuple"])
def test_a_planned_stop_closes(wire: Wire, event: str) -> None:
    join(wire, "plain:s", "6")

    assert wire.ask(f'["6","7","plain:s","{event}",{{}}]') == [["6", "6", "plain:s", "phx_close", {}]]


def test_any_other_stop_is_an_error(wire: Wire) -> None:
    join(wire, "plain:s", "12")

    assert wire.ask('["12","13","plain:s","stop_other",{}]') == [["12", "12", "plain:s", "phx_error", {}]]


def test_a_stop_may_reply_first(wire: Wire) -> None:
    join(wire, "plain:s", "14")

    assert wire.ask('["14","15","plain:s","stop_reply",{"p":1}]', 2) == [
        ["14", "15", "plain:s", "phx_reply", {"response": {"p": 1}, "status": "ok"}],
        ["14", "14", "plain:s", "phx_close", {}],
    ]


def test_a_killed_channel_is_an_error_to_its_client(wire: Wire) -> None:
    join(wire)

    wire.server.channels["plain:1"].kill()

    assert wire.receive() == [["1", "1", "plain:1", "phx_error", {}]]


# -- duplicate joins


def test_a_second_join_closes_the_first_after_its_own_reply(
    wire: Wire, ended: list[tuple[str, object]]
) -> None:
    join(wire, "plain:d", "1")

    assert wire.ask('["2","2","plain:d","phx_join",{}]', 2) == [
        ["2", "2", "plain:d", "phx_reply", EMPTY],
        ["1", "1", "plain:d", "phx_close", {}],
    ]
    assert ended == [("plain:d", ("shutdown", "duplicate_join"))]
    wire.send('["1","4","plain:d","phx_leave",{}]')
    assert wire.quiet()
    assert wire.ask('["2","5","plain:d","phx_leave",{}]', 2) == [
        ["2", "5", "plain:d", "phx_reply", OK],
        ["2", "2", "plain:d", "phx_close", {}],
    ]


def test_only_the_new_channel_hears_broadcasts(wire: Wire, endpoint: Endpoint) -> None:
    join(wire, "plain:d", "1")
    wire.ask('["2","2","plain:d","phx_join",{}]', 2)

    endpoint.broadcast("plain:d", "note", {})

    assert wire.receive() == [[None, None, "plain:d", "note", {}]]
    assert wire.quiet()


def test_leave_and_join_back_to_back_are_both_answered_in_order(wire: Wire) -> None:
    join(wire, "plain:d", "1")

    wire.send('["1","2","plain:d","phx_leave",{}]', '["3","3","plain:d","phx_join",{}]')

    assert wire.receive(3) == [
        ["1", "2", "plain:d", "phx_reply", OK],
        ["1", "1", "plain:d", "phx_close", {}],
        ["3", "3", "plain:d", "phx_reply", EMPTY],
    ]


def test_pushes_behind_a_second_join_wait_for_it(wire: Wire) -> None:
    join(wire, "plain:d", "1")

    wire.send('["2","2","plain:d","phx_join",{}]', '["2","3","plain:d","ping",{}]')

    assert [frame[1] for frame in wire.receive(3)] == ["2", "1", "3"]


def test_many_joins_back_to_back_leave_the_last(wire: Wire) -> None:
    wire.send(*(f'["{n}","{n}","plain:d","phx_join",{{}}]' for n in range(10)))

    frames = wire.receive(19)

    replies = [frame[1] for frame in frames if frame[3] == "phx_reply"]
    closes = [frame[1] for frame in frames if frame[3] == "phx_close"]
    assert replies == [str(n) for n in range(10)]
    assert closes == [str(n) for n in range(9)]
    assert wire.ask('["9","x","plain:d","ping",{}]') == [["9", "x", "plain:d", "phx_reply", OK]]


# -- limits, bad input, ends


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

    assert wire.ask(f'["1","2","plain:1","echo",{deep}]') == [["1", "1", "plain:1", "phx_error", {}]]
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


@pytest.mark.parametrize("vsn", ["3.0.0", "abc", "", "2.1.0", "2.0.0\n", 2, None])
def test_an_unknown_version_is_refused(endpoint: Endpoint, vsn: object) -> None:
    assert connect(endpoint, ReferenceSocket, {"user_id": "1", "vsn": vsn}) == Refused()


def test_a_refusing_socket_names_its_http_status(endpoint: Endpoint) -> None:
    assert connect(endpoint, ReferenceSocket, {"vsn": "2.0.0"}) == Refused(401)


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
