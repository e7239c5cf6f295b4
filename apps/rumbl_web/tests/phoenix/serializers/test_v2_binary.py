"""The recorded binary frames of protocol version 2."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.serializers import v2_binary

from ..reference import Wire

PING = bytes.fromhex("00010107083132706c61696e3a6270696e675f62696e0102ff")


def test_a_recorded_push_is_read() -> None:
    assert v2_binary.decode(PING) == Message("1", "2", "plain:b", "ping_bin", b"\x01\x02\xff")


def test_the_recorded_reply_push_and_broadcast_are_written() -> None:
    reply = Reply("1", "2", "plain:b", "ok", b"\x01\x02\xff")
    push = Message("1", None, "plain:b", "pushed_bin", b"\x01\x02\xff")
    broadcast = Broadcast("plain:b", "shout", b"\x01\x02\xff")

    assert v2_binary.encode_reply(reply).hex() == "01010107023132706c61696e3a626f6b0102ff"
    assert v2_binary.encode_push(push).hex() == "0001070a31706c61696e3a627075736865645f62696e0102ff"
    assert v2_binary.encode_broadcast(broadcast).hex() == "020705706c61696e3a6273686f75740102ff"


def test_the_recorded_exchange(wire: Wire) -> None:
    wire.ask('["1","1","plain:b","phx_join",{}]')

    assert wire.ask(PING)[0].hex() == "01010107023132706c61696e3a626f6b0102ff"
    pushed = wire.ask(bytes.fromhex("00010107083133706c61696e3a62707573685f62696e0102ff"))
    assert pushed[0].hex() == "0001070a31706c61696e3a627075736865645f62696e0102ff"
    shouted = wire.ask(bytes.fromhex("00010107053134706c61696e3a6273686f75740102ff"), 2)
    assert shouted[0].hex() == "020705706c61696e3a6273686f75740102ff"
    assert shouted[1][3:] == ["phx_reply", {"response": {}, "status": "ok"}]


def test_an_error_about_a_binary_push_is_text(wire: Wire) -> None:
    frame = bytes.fromhex("0001010a083135706c61696e3a6e6f6e6570696e675f62696e00")

    unmatched = {"response": {"reason": "unmatched topic"}, "status": "error"}
    assert wire.ask(frame) == [[None, "5", "plain:none", "phx_reply", unmatched]]


def test_join_and_heartbeat_may_be_binary(wire: Wire) -> None:
    join = b"\x00\x01\x01\x07\x08" + b"1" + b"1" + b"plain:b" + b"phx_join"
    heartbeat = b"\x00\x00\x00\x07\x09" + b"phoenix" + b"heartbeat"

    assert wire.ask(join)[0][:4] == ["1", "1", "plain:b", "phx_reply"]
    assert wire.ask(heartbeat) == [[None, "", "phoenix", "phx_reply", {"response": {}, "status": "ok"}]]


@pytest.mark.parametrize("size", [256, 1000])
def test_a_field_that_is_too_long_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        v2_binary.encode_broadcast(Broadcast("t" * size, "e", b""))


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x01\x00\x00\x00\x00", PING[:20], b"\x00\x01\x00\x00\x00\xff"]
)
def test_another_kind_or_too_little_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        v2_binary.decode(data)
