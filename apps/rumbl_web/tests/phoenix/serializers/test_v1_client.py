"""The client's half of version 1, against the recorded objects."""

from __future__ import annotations

import json

import pytest

from rumbl_web.phoenix.message import Message, Reply
from rumbl_web.phoenix.serializers.v1_client import decode_from_server, encode_to_server
from rumbl_web.phoenix.transport import Opcode


def test_a_push_is_written_without_a_join_ref() -> None:
    assert json.loads(encode_to_server(Message("1", "2", "t", "e", {"x": 1}))) == {
        "topic": "t",
        "event": "e",
        "payload": {"x": 1},
        "ref": "2",
    }


def test_bytes_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        encode_to_server(Message(None, "1", "t", "e", b"\x00"))


def test_replies_are_told_from_all_else() -> None:
    reply = b'{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"t"}'
    shout = b'{"event":"shout","payload":{"x":1},"ref":null,"topic":"t"}'

    assert decode_from_server(Opcode.TEXT, reply) == Reply(None, "1", "t", "ok", {})
    assert decode_from_server(Opcode.TEXT, shout) == Message(None, None, "t", "shout", {"x": 1})
