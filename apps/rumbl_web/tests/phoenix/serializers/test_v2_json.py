"""The text half of protocol version 2."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.serializers.v2_json import V2JSON
from rumbl_web.phoenix.transport import Opcode

SERIALIZER = V2JSON()


def test_the_bytes_of_a_push_a_reply_and_a_broadcast() -> None:
    push = Message("1", None, "t", "e", {"x": 1})
    reply = Reply("1", "2", "t", "ok", {})
    broadcast = Broadcast("t", "e", {"x": 1})

    assert SERIALIZER.encode(push) == (Opcode.TEXT, b'["1",null,"t","e",{"x":1}]')
    assert SERIALIZER.encode_reply(reply) == (
        Opcode.TEXT,
        b'["1","2","t","phx_reply",{"response":{},"status":"ok"}]',
    )
    assert SERIALIZER.encode_broadcast(broadcast) == (Opcode.TEXT, b'[null,null,"t","e",{"x":1}]')


def test_text_is_left_as_it_is_but_for_quotes_and_backslashes() -> None:
    text = 'é / < \u2028 " \\'

    _, data = SERIALIZER.encode(Message("1", None, "t", "e", text))

    assert data.decode() == '["1",null,"t","e","é / < \u2028 \\" \\\\"]'


def test_keys_that_are_no_strings_become_strings() -> None:
    _, data = SERIALIZER.encode(Message("1", None, "t", "e", {7: {8: "x"}}))

    assert json.loads(data)[4] == {"7": {"8": "x"}}


def test_an_object_of_the_domain_is_refused() -> None:
    @dataclass
    class User:
        password_hash: str

    with pytest.raises(TypeError):
        SERIALIZER.encode_broadcast(Broadcast("t", "e", {"user": User("secret")}))


@pytest.mark.parametrize(
    ("data", "ref"),
    [
        (b'[null,"2","phoenix","heartbeat",{}]', '"2"'),
        (b'[null,12,"phoenix","heartbeat",{}]', "12"),
    ],
)
def test_a_plain_heartbeat_is_answered_from_a_template(data: bytes, ref: str) -> None:
    wanted = f'[null,{ref},"phoenix","phx_reply",{{"response":{{}},"status":"ok"}}]'

    assert SERIALIZER.heartbeat(data) == wanted.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'["1","2","phoenix","heartbeat",{}]',
        b'[null,"2","phoenix","heartbeat",{}]x',
        b'[null,"2\\"","phoenix","heartbeat",{}]',
        b'[null,"2","phoenix","heartbeat",{}]\n',
        b'[null,01,"phoenix","heartbeat",{}]',
    ],
)
def test_anything_unusual_is_decoded_instead(data: bytes) -> None:
    assert SERIALIZER.heartbeat(data) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"[1,2,3,4]", b"[NaN,1,2,3,4]", b"\xff", b"[" * 100_000])
def test_what_is_no_array_of_five_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        SERIALIZER.decode(data)


@pytest.mark.parametrize("place", range(4))
def test_a_ref_topic_or_event_that_no_answer_can_carry_is_an_error(place: int) -> None:
    fields = ['"1"', '"2"', '"t"', '"e"', "{}"]
    fields[place] = "[" * 300 + "]" * 300

    with pytest.raises(DecodeError):
        SERIALIZER.decode(f"[{','.join(fields)}]".encode())


def test_whatever_ref_is_read_can_be_written() -> None:
    for depth in range(240, 260):
        try:
            message = SERIALIZER.decode(b'["1",%b,"t","e",{}]' % (b"[" * depth + b"]" * depth))
        except DecodeError:
            continue
        SERIALIZER.encode_reply(Reply("1", message.ref, "t", "ok", {}))
