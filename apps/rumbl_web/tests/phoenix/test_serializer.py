"""What every serializer must keep, whatever its version. Chance has more to say in test_fuzz.py."""

from __future__ import annotations

from types import ModuleType

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError, Serializer
from rumbl_web.phoenix.serializers import for_version, v1_client, v2_client
from rumbl_web.phoenix.transport import Opcode


@pytest.fixture(params=["1.0.0", "2.0.0"])
def serializer(request: pytest.FixtureRequest) -> Serializer:
    serializer = for_version(request.param)
    assert serializer is not None
    return serializer


@pytest.fixture
def client(serializer: Serializer) -> ModuleType:
    return v1_client if serializer.vsn == "1.0.0" else v2_client


@pytest.mark.parametrize("ref", ["1", 1, None, 0, "", 1.5, True, ["x"], {"a": 1}])
def test_refs_keep_their_json_type_there_and_back(
    serializer: Serializer, client: ModuleType, ref: object
) -> None:
    read = serializer.decode(client.encode_to_server(Message(None, ref, "t", "e", {})))
    back = client.decode_from_server(*serializer.encode_reply(Reply(None, read.ref, "t", "ok", {})))

    assert (back.ref, type(back.ref)) == (ref, type(ref))


def test_a_broadcast_and_a_push_arrive_with_their_payload(serializer: Serializer, client: ModuleType) -> None:
    broadcast = serializer.encode_broadcast(Broadcast("t", "e", {"x": [1, "é"]}))
    push = serializer.encode(Message("1", None, "t", "e", {"x": [1, "é"]}))

    assert broadcast is not None
    for opcode, data in (broadcast, push):
        assert opcode is Opcode.TEXT
        assert client.decode_from_server(opcode, data).payload == {"x": [1, "é"]}


@pytest.mark.parametrize(
    "data", [b"", b"null", b"5", b"[]", b"{}", b"\xff", b"[" * 5000, b'["1","1","t","e"]']
)
def test_what_is_no_message_is_a_decode_error(serializer: Serializer, data: bytes) -> None:
    for decode in (serializer.decode, serializer.decode_binary):
        with pytest.raises(DecodeError):
            decode(data)


def test_only_heartbeats_are_answered_undecoded(serializer: Serializer) -> None:
    for data in (b"", b"x", b'["1","2","t","e",{}]', b'[null,"2","phoenix","heartbeats",{}]'):
        assert serializer.heartbeat(data) is None


def test_an_object_is_never_written(serializer: Serializer) -> None:
    with pytest.raises(TypeError):
        serializer.encode(Message("1", None, "t", "e", {"x": object()}))
