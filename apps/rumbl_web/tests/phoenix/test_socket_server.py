"""Every recorded exchange of the V2 protocol, driven through the socket server with in-memory bytes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from rumbl_web.phoenix.endpoint import Endpoint

from .reference import Wire

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


def test_a_push_may_leave_its_join_ref_out(wire: Wire) -> None:
    join(wire)

    assert wire.ask('[null,"14","plain:1","ping",{}]') == [["1", "14", "plain:1", "phx_reply", OK]]
    assert wire.ask('[null,"15","plain:1","phx_leave",{}]', 2) == [
        ["1", "15", "plain:1", "phx_reply", OK],
        ["1", "1", "plain:1", "phx_close", {}],
    ]


def test_a_binary_push_may_leave_its_join_ref_empty(wire: Wire) -> None:
    join(wire)

    assert wire.ask(b"\x00\x00\x01\x07\x08" + b"2plain:1ping_bin" + b"\xff") == [
        b"\x01\x01\x01\x07\x02" + b"12plain:1ok" + b"\xff"
    ]


@pytest.mark.parametrize("stale", ['"0"', "1", '"11"', '["1"]', "true"])
@pytest.mark.parametrize("event", ["ping", "crash", "phx_leave", "shout"])
def test_a_message_of_an_earlier_join_is_ignored(wire: Wire, stale: str, event: str) -> None:
    join(wire)

    wire.send(f'[{stale},"2","plain:1","{event}",{{}}]')

    assert wire.quiet()
    assert wire.ask('["1","3","plain:1","ping",{}]') == [["1", "3", "plain:1", "phx_reply", OK]]


def test_a_stale_message_for_a_channel_that_is_gone_is_unmatched(wire: Wire) -> None:
    join(wire)
    wire.ask('["1","2","plain:1","stop_normal",{}]')

    assert wire.ask('["0","3","plain:1","ping",{}]') == [[None, "3", "plain:1", "phx_reply", UNMATCHED]]


def test_whoever_joined_without_a_join_ref_may_name_any(wire: Wire) -> None:
    wire.ask('[null,"1","plain:1","phx_join",{}]')

    assert wire.ask('["7","2","plain:1","ping",{}]') == [[None, "2", "plain:1", "phx_reply", OK]]
    assert wire.ask('["7","3","plain:1","phx_leave",{}]', 2) == [
        [None, "3", "plain:1", "phx_reply", OK],
        [None, None, "plain:1", "phx_close", {}],
    ]


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


@pytest.mark.parametrize("event", ["crash", "list_broadcast", "wrong"])
def test_a_crash_ends_that_channel_alone(wire: Wire, event: str, caplog: pytest.LogCaptureFixture) -> None:
    join(wire, "plain:c", "2")
    join(wire, "plain:other", "4")

    assert wire.ask(f'["2","3","plain:c","{event}",{{"p":1}}]') == [
        ["2", "2", "plain:c", "phx_error", {"reason": "crashed"}]
    ]
    assert wire.ask('["2","5","plain:c","ping",{}]') == [[None, "5", "plain:c", "phx_reply", UNMATCHED]]
    assert wire.ask('["4","6","plain:other","ping",{}]') == [["4", "6", "plain:other", "phx_reply", OK]]
    assert f"PlainChannel on 'plain:c' crashed in {event!r}" in caplog.text
    join(wire, "plain:c", "7")


def test_an_event_that_is_no_string_crashes_the_channel_alone(wire: Wire) -> None:
    join(wire)

    assert wire.ask('["1","2","plain:1",{"a":[]},{}]') == [
        ["1", "1", "plain:1", "phx_error", {"reason": "unknown event"}]
    ]
    assert wire.quiet()


@pytest.mark.parametrize("event", ["stop_normal", "stop_shutdown", "stop_shutdown_tuple"])
def test_a_planned_stop_closes(wire: Wire, event: str) -> None:
    join(wire, "plain:s", "6")

    assert wire.ask(f'["6","7","plain:s","{event}",{{}}]') == [["6", "6", "plain:s", "phx_close", {}]]


def test_any_other_stop_is_an_error(wire: Wire) -> None:
    join(wire, "plain:s", "12")

    assert wire.ask('["12","13","plain:s","stop_other",{}]') == [
        ["12", "12", "plain:s", "phx_error", {"reason": "stopped"}]
    ]


def test_a_stop_may_reply_first(wire: Wire) -> None:
    join(wire, "plain:s", "14")

    assert wire.ask('["14","15","plain:s","stop_reply",{"p":1}]', 2) == [
        ["14", "15", "plain:s", "phx_reply", {"response": {"p": 1}, "status": "ok"}],
        ["14", "14", "plain:s", "phx_close", {}],
    ]


def test_a_killed_channel_is_an_error_to_its_client(wire: Wire) -> None:
    join(wire)

    wire.server.channels["plain:1"].kill()

    assert wire.receive() == [["1", "1", "plain:1", "phx_error", {"reason": "stopped"}]]


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
