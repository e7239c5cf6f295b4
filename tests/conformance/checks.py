"""What a server of channels must do, each as one exchange of raw frames. Run against good and broken servers.

A check is given `dial(**params)`, which connects one more client. Topics are its own: `room:<check>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.talk import Talk

Dial = Callable[..., Talk]
Check = Callable[[Dial], None]

OK = {"response": {}, "status": "ok"}
UNMATCHED = {"response": {"reason": "unmatched topic"}, "status": "error"}


def reply(response: Any, status: str = "ok") -> dict[str, Any]:
    return {"response": response, "status": status}


def join_reply_and_push(dial: Dial) -> None:
    talk = dial()
    assert talk.join("room:1", payload={"a": 1}) == {"topic": "room:1", "params": {"a": 1}}
    assert talk.ask("1", "2", "room:1", "ping", {"x": 1}) == [
        "1",
        "2",
        "room:1",
        "phx_reply",
        reply({"x": 1}),
    ]
    assert talk.ask("1", "3", "room:1", "push_back", {"x": 1}) == ["1", None, "room:1", "pushed", {"x": 1}]
    assert talk.ask("1", "4", "room:1", "fail", {"y": 2})[4] == reply({"y": 2}, "error")
    assert talk.ask("1", "5", "room:1", "only_ok", {"y": 2})[4] == OK
    assert talk.ask("1", "6", "room:1", "only_error", {"y": 2})[4] == reply({}, "error")
    talk.send("1", "7", "room:1", "silent", {})
    talk.quiet()


def refs_of_any_type(dial: Dial) -> None:
    talk = dial()
    for number, ref in enumerate((21, "x", None, 0)):
        topic = f"room:refs{number}"
        talk.join(topic, ref)
        assert talk.ask(ref, ref, topic, "ping", {}) == [ref, ref, topic, "phx_reply", OK]
        assert talk.ask(ref, ref, topic, "push_back", {}) == [ref, None, topic, "pushed", {}]


def later_does_not_block(dial: Dial) -> None:
    talk = dial()
    talk.join("room:later")
    talk.send("1", "2", "room:later", "later", {"ms": 700})
    talk.send("1", "3", "room:later", "ping", {})
    assert [talk.frame()[1], talk.frame()] == ["3", ["1", "2", "room:later", "phx_reply", reply({"ms": 700})]]


def broadcasts_reach_everybody_once_and_in_order(dial: Dial) -> None:
    one, two = dial(), dial()
    one.join("room:shout")
    two.join("room:shout")
    for number in range(4):
        one.send("1", f"s{number}", "room:shout", "shout", {"n": number})
    expected = [[None, None, "room:shout", "shout", {"n": number}] for number in range(4)]
    assert [two.frame() for _ in expected] == expected
    own = [one.frame() for _ in range(8)]
    assert own[::2] == expected, "a broadcast comes before the reply of its sender"
    assert [frame[1] for frame in own[1::2]] == [f"s{number}" for number in range(4)]
    two.quiet()


def broadcast_from_spares_the_sender(dial: Dial) -> None:
    one, two = dial(), dial()
    one.join("room:from")
    two.join("room:from")
    assert one.ask("1", "2", "room:from", "shout_from", {"x": 1}) == ["1", "2", "room:from", "phx_reply", OK]
    assert two.frame() == [None, None, "room:from", "shout", {"x": 1}]
    one.quiet()


def leave_is_answered_then_closed(dial: Dial) -> None:
    talk = dial()
    talk.join("room:leave", "7")
    assert talk.ask("7", "8", "room:leave", "phx_leave", {}) == ["7", "8", "room:leave", "phx_reply", OK]
    assert talk.frame() == ["7", "7", "room:leave", "phx_close", {}]
    assert talk.ask("7", "9", "room:leave", "ping", {}) == [None, "9", "room:leave", "phx_reply", UNMATCHED]
    assert talk.ask("7", "10", "room:leave", "phx_leave", {}) == ["7", "10", "room:leave", "phx_reply", OK]


def a_crash_is_an_error_and_contained(dial: Dial) -> None:
    talk = dial()
    talk.join("room:crashing", "2")
    talk.join("room:safe", "3")
    for event, reason in (
        ("crash", "crashed"),
        ("stop_other", "stopped"),
        ("no_such_event", "unknown event"),
    ):
        error = talk.ask("2", "4", "room:crashing", event, {})
        assert error == ["2", "2", "room:crashing", "phx_error", {"reason": reason}]
        talk.join("room:crashing", "2")
    assert talk.ask("3", "5", "room:safe", "ping", {})[4] == OK


def stops_close(dial: Dial) -> None:
    talk = dial()
    talk.join("room:stop", "2")
    assert talk.ask("2", "3", "room:stop", "stop_normal", {}) == ["2", "2", "room:stop", "phx_close", {}]
    talk.join("room:stop", "4")
    answer = talk.ask("4", "5", "room:stop", "stop_reply", {"p": 1})
    assert answer == ["4", "5", "room:stop", "phx_reply", reply({"p": 1})]
    assert talk.frame() == ["4", "4", "room:stop", "phx_close", {}]


def refused_joins_say_why(dial: Dial) -> None:
    talk = dial()
    for topic, join_ref, reason in (
        ("room:denied", "1", "unauthorized"),
        ("room:crash", "1", "join crashed"),
        ("nope:1", None, "unmatched topic"),
        ("room", None, "unmatched topic"),
        (5, None, "unmatched topic"),
    ):
        answer = talk.ask("1", "1", topic, "phx_join", {})
        assert answer == [join_ref, "1", topic, "phx_reply", reply({"reason": reason}, "error")]


def a_second_join_closes_the_first(dial: Dial) -> None:
    talk = dial()
    talk.join("room:twice", "1")
    talk.join("room:twice", "2")
    assert talk.frame() == ["1", "1", "room:twice", "phx_close", {}]
    talk.send("1", "3", "room:twice", "ping", {})
    talk.send("1", "4", "room:twice", "phx_leave", {})
    talk.quiet()
    assert talk.ask("2", "5", "room:twice", "ping", {}) == ["2", "5", "room:twice", "phx_reply", OK]
    assert talk.ask(None, "6", "room:twice", "ping", {}) == ["2", "6", "room:twice", "phx_reply", OK]


def at_most_100_channels(dial: Dial) -> None:
    talk = dial()
    for number in range(100):
        talk.join(f"room:many{number}", number)
    answer = talk.ask("x", "x", "room:many100", "phx_join", {})
    refused = reply({"reason": "too many channels joined"}, "error")
    assert answer == ["x", "x", "room:many100", "phx_reply", refused]


def binary_messages(dial: Dial) -> None:
    one, two = dial(), dial()
    one.join("room:bin")
    two.join("room:bin")

    def push(ref: bytes, event: bytes, payload: bytes) -> Any:
        head = bytes([0, 1, len(ref), 8, len(event)])
        one.send_raw(head + b"1" + ref + b"room:bin" + event + payload)
        return one.frame()

    assert push(b"2", b"ping_bin", b"\x01\xff") == b"\x01\x01\x01\x08\x02" + b"12room:binok" + b"\x01\xff"
    assert push(b"3", b"push_bin", b"\x02") == b"\x00\x01\x08\x0a" + b"1room:binpushed_bin" + b"\x02"
    assert push(b"4", b"shout_bin", b"\x03") == b"\x02\x08\x09" + b"room:binshout_bin" + b"\x03"
    assert one.frame() == ["1", "4", "room:bin", "phx_reply", OK]
    assert two.frame() == b"\x02\x08\x09" + b"room:binshout_bin" + b"\x03"
    assert push(b"5", b"bin_size", b"x" * 200_000)[4] == reply({"size": 200_000})


def _state(talk: Talk, topic: str) -> Any:
    frame = talk.frame()
    assert frame[:4] == ["1", None, topic, "presence_state"], frame
    return frame[4]


def _diff(talk: Talk, topic: str) -> tuple[Any, Any]:
    frame = talk.frame()
    assert frame[:4] == [None, None, topic, "presence_diff"], frame
    return frame[4]["joins"], frame[4]["leaves"]


def _two_frames(talk: Talk) -> dict[str, Any]:
    """The next two, by event: a reply and a diff may come in any order."""
    return {frame[3]: frame for frame in (talk.frame(), talk.frame())}


def presence_comes_changes_and_goes(dial: Dial) -> None:
    topic, refs = "room:presence", set()
    one, two = dial(user_id="1"), dial(user_id="2")
    one.join(topic, payload={"presence": True, "meta": {"tab": 1}})
    assert _state(one, topic) == {}
    joins, leaves = _diff(one, topic)
    (meta,) = joins["1"]["metas"]
    assert (meta["tab"], leaves) == (1, {})
    refs.add(meta["phx_ref"])

    two.join(topic, payload={"presence": True})
    assert list(_state(two, topic)) == ["1"]
    for talk in (one, two):
        joins, _ = _diff(talk, topic)
        refs.add(joins["2"]["metas"][0]["phx_ref"])

    two.send("1", "5", topic, "update_meta", {"typing": True})
    joins, leaves = _diff(one, topic)
    (meta,), (old,) = joins["2"]["metas"], leaves["2"]["metas"]
    assert (meta["typing"], meta["phx_ref_prev"]) == (True, old["phx_ref"])
    refs.add(meta["phx_ref"])
    assert len(refs) == 3, "every meta has a phx_ref of its own"

    two.close()
    joins, leaves = _diff(one, topic)
    assert (joins, list(leaves)) == ({}, ["2"])
    one.send("1", "6", topic, "untrack", {})
    frames = _two_frames(one)
    assert frames["phx_reply"][4] == OK
    assert list(frames["presence_diff"][4]["leaves"]) == ["1"]


def a_disconnect_closes_every_socket_of_the_user(dial: Dial) -> None:
    one, two, other = dial(user_id="d1"), dial(user_id="d1"), dial(user_id="d2")
    one.join("room:disconnect")
    one.send("1", "2", "room:disconnect", "disconnect_me", {})
    assert [one.closed(), two.closed()] == [1001, 1001]
    other.quiet()


def realtime_topics_for_supabase(dial: Dial) -> None:
    topic = "realtime:x"
    one, two = dial(), dial()
    config = {"broadcast": {"self": False, "ack": True}, "presence": {"key": "me"}}
    one.join(topic, payload={"config": config})
    two.join(topic, payload={"config": {"broadcast": {"self": True, "ack": False}}})
    said = {"type": "broadcast", "event": "e", "payload": {"x": 1}}

    assert one.ask("1", "2", topic, "broadcast", said) == ["1", "2", topic, "phx_reply", OK]
    assert two.frame() == [None, None, topic, "broadcast", said]
    assert two.ask("1", "2", topic, "broadcast", said) == [None, None, topic, "broadcast", said]
    assert one.frame()[3] == "broadcast"

    one.send("1", "3", topic, "presence", {"type": "presence", "event": "track", "payload": {"a": 1}})
    assert _state(one, topic) == {}
    frames = _two_frames(one)
    assert frames["phx_reply"] == ["1", "3", topic, "phx_reply", OK]
    assert frames["presence_diff"][4]["joins"]["me"]["metas"][0]["a"] == 1
    one.send("1", "4", topic, "access_token", {"access_token": "t"})
    one.send("1", "5", topic, "whatever", {})
    one.quiet()
    assert one.ask("9", "9", "realtime:denied:1", "phx_join", {})[4]["status"] == "error"


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        join_reply_and_push,
        refs_of_any_type,
        later_does_not_block,
        broadcasts_reach_everybody_once_and_in_order,
        broadcast_from_spares_the_sender,
        leave_is_answered_then_closed,
        a_crash_is_an_error_and_contained,
        stops_close,
        refused_joins_say_why,
        a_second_join_closes_the_first,
        at_most_100_channels,
        binary_messages,
        presence_comes_changes_and_goes,
        a_disconnect_closes_every_socket_of_the_user,
        realtime_topics_for_supabase,
    )
}
