"""The recorded exchanges of protocol version 1, through the socket server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from rumbl_web.phoenix.endpoint import Endpoint

from .reference import Wire

Frame = dict[str, Any]


class OldWire(Wire):
    """A client that names no version."""

    params: ClassVar[Mapping[str, str]] = {}

    def say(self, event: str, payload: Any = None, ref: Any = "1", topic: str = "plain:1") -> None:
        message = {"topic": topic, "event": event, "payload": payload or {}, "ref": ref}
        self.send(json.dumps(message))


@pytest.fixture
def old(endpoint: Endpoint) -> OldWire:
    return OldWire(endpoint)


@pytest.fixture
def joined(old: OldWire) -> OldWire:
    old.say("phx_join")
    assert old.receive() == [reply("1", response={"annotations": []})]
    return old


def reply(ref: Any, status: str = "ok", topic: str = "plain:1", response: Any = None) -> Frame:
    body = {"response": response or {}, "status": status}
    return {"event": "phx_reply", "payload": body, "ref": ref, "topic": topic}


def said(event: str, payload: Any = None) -> Frame:
    return {"event": event, "payload": payload or {}, "ref": None, "topic": "plain:1"}


@pytest.mark.parametrize("ref", ["2", 2, 0, None])
def test_a_heartbeat_and_a_push_are_answered_with_their_ref(joined: OldWire, ref: object) -> None:
    joined.say("heartbeat", ref=ref, topic="phoenix")
    joined.say("ping", ref=ref)

    assert joined.receive(2) == [reply(ref, topic="phoenix"), reply(ref)]


def test_errors_have_their_reason(joined: OldWire) -> None:
    joined.say("fail", {"reason": "x"}, "2")
    assert joined.receive() == [reply("2", "error", response={"reason": "x"})]

    joined.say("ping", ref="3", topic="plain:none")
    assert joined.receive() == [reply("3", "error", "plain:none", {"reason": "unmatched topic"})]

    joined.say("phx_join", ref="4", topic="videos:denied")
    assert joined.receive() == [reply("4", "error", "videos:denied", {"reason": "unauthorized"})]


def test_broadcasts_and_pushes_have_no_ref(joined: OldWire) -> None:
    joined.say("shout", {"x": 1}, "2")
    assert joined.receive(2) == [said("shout", {"x": 1}), reply("2")]

    joined.say("push_back", {"x": 2}, "3")
    assert joined.receive() == [said("pushed", {"x": 2})]


def test_leave_is_answered_and_closed_and_a_crash_told(joined: OldWire) -> None:
    joined.say("phx_leave", ref="2")
    assert joined.receive(2) == [reply("2"), said("phx_close")]

    joined.say("phx_join", ref="3")
    joined.receive()
    joined.say("crash", ref="4")
    assert joined.receive() == [said("phx_error", {"reason": "crashed"})]


def test_a_second_join_closes_the_first_after_its_own_reply(joined: OldWire) -> None:
    joined.say("phx_join", ref="2")

    assert joined.receive(2) == [reply("2", response={"annotations": []}), said("phx_close")]


def test_old_and_new_clients_hear_each_other(joined: OldWire, wire: Wire) -> None:
    wire.ask('["1","1","plain:1","phx_join",{}]')

    joined.say("shout", {"x": 1}, "2")

    assert wire.receive() == [[None, None, "plain:1", "shout", {"x": 1}]]


def test_a_binary_broadcast_passes_old_clients_by_and_reaches_the_others(joined: OldWire, wire: Wire) -> None:
    wire.ask('["1","1","plain:1","phx_join",{}]')

    answers = wire.ask(b"\x00\x01\x01\x07\x05" + b"12plain:1shout" + b"\xff", 2)

    assert answers[0] == b"\x02\x07\x05" + b"plain:1shout" + b"\xff"
    assert answers[1][4] == {"response": {}, "status": "ok"}
    joined.say("ping", ref="9")
    assert joined.receive() == [reply("9")]
