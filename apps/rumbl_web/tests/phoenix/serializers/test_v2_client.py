"""The client's half, against the recorded frames."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.serializers.v2_client import decode_from_server, encode_to_server
from rumbl_web.phoenix.transport import Opcode


def test_a_push_is_written_as_clients_write_it() -> None:
    text, binary = Message("1", "2", "t", "e", {"x": 1}), Message("1", "2", "plain:b", "ping_bin", b"\x01")

    assert encode_to_server(text) == b'["1","2","t","e",{"x":1}]'
    assert encode_to_server(binary).hex() == "00010107083132706c61696e3a6270696e675f62696e01"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'["1","4","t","phx_reply",{"response":{},"status":"ok"}]', Reply("1", "4", "t", "ok", {})),
        (b'["1",null,"t","pushed",{}]', Message("1", None, "t", "pushed", {})),
        (b'["1","1","t","phx_close",{}]', Message("1", "1", "t", "phx_close", {})),
        (b'[null,null,"t","shout",{"x":1}]', Broadcast("t", "shout", {"x": 1})),
    ],
)
def test_what_the_server_writes_is_told_apart(data: bytes, message: object) -> None:
    assert decode_from_server(Opcode.TEXT, data) == message


def test_an_unknown_binary_kind_is_an_error() -> None:
    with pytest.raises(DecodeError, match="kind 9"):
        decode_from_server(Opcode.BINARY, b"\x09")
