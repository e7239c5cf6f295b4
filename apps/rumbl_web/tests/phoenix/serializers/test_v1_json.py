"""The recorded objects of protocol version 1."""

from __future__ import annotations

import json

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.serializers.v1_json import V1JSON
from rumbl_web.phoenix.transport import Opcode

SERIALIZER = V1JSON()
JOIN = b'{"topic":"plain:1","event":"phx_join","payload":{},"ref":"1"}'


def test_the_recorded_join_is_read() -> None:
    assert SERIALIZER.decode(JOIN) == Message(None, "1", "plain:1", "phx_join", {})
    assert SERIALIZER.decode_binary(JOIN) == SERIALIZER.decode(JOIN)


def test_a_join_ref_is_read_if_there_is_one_and_other_fields_are_ignored() -> None:
    data = b'{"join_ref":"7","ref":8,"topic":"t","event":"e","payload":[1],"more":1}'

    assert SERIALIZER.decode(data) == Message("7", 8, "t", "e", [1])


def test_the_recorded_reply_broadcast_push_and_close_are_written() -> None:
    written = [
        SERIALIZER.encode_reply(Reply("9", "1", "plain:1", "ok", {"annotations": []})),
        SERIALIZER.encode_broadcast(Broadcast("plain:1", "shout", {"x": 1})),
        SERIALIZER.encode(Message("9", None, "plain:1", "pushed", {"x": 1})),
        SERIALIZER.encode(Message(None, None, "plain:1", "phx_close", {})),
    ]

    assert [(one[0], json.loads(one[1])) for one in written if one] == [
        (
            Opcode.TEXT,
            {
                "event": "phx_reply",
                "payload": {"response": {"annotations": []}, "status": "ok"},
                "ref": "1",
                "topic": "plain:1",
            },
        ),
        (Opcode.TEXT, {"event": "shout", "payload": {"x": 1}, "ref": None, "topic": "plain:1"}),
        (Opcode.TEXT, {"event": "pushed", "payload": {"x": 1}, "ref": None, "topic": "plain:1"}),
        (Opcode.TEXT, {"event": "phx_close", "payload": {}, "ref": None, "topic": "plain:1"}),
    ]


def test_bytes_are_no_message_of_it() -> None:
    assert SERIALIZER.encode_broadcast(Broadcast("t", "e", b"\x00")) is None
    with pytest.raises(TypeError):
        SERIALIZER.encode(Message(None, None, "t", "e", b"\x00"))
    with pytest.raises(TypeError):
        SERIALIZER.encode_reply(Reply(None, "1", "t", "ok", b"\x00"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'["1","1","t","phx_join",{}]',
        b"5",
        b"{}",
        *(JOIN.replace(field, b'"x"', 1) for field in (b'"topic"', b'"event"', b'"payload"', b'"ref"')),
    ],
)
def test_what_is_no_object_with_the_four_fields_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        SERIALIZER.decode(data)


@pytest.mark.parametrize("name", ["join_ref", "ref", "topic", "event"])
def test_a_ref_topic_or_event_that_no_answer_can_carry_is_an_error(name: str) -> None:
    deep = "[" * 300 + "]" * 300
    fields = {"join_ref": '"1"', "ref": '"2"', "topic": '"t"', "event": '"e"', "payload": "{}", name: deep}
    members = [f'"{key}":{value}' for key, value in fields.items()]

    with pytest.raises(DecodeError):
        SERIALIZER.decode(f"{{{','.join(members)}}}".encode())
