"""The client's half of protocol version 2, for tests: writes what clients send, reads what they get."""

from __future__ import annotations

from typing import Any

import orjson

from rumbl_web.phoenix.message import PHX_REPLY, Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.transport import Opcode


def encode_to_server(message: Message) -> bytes:
    """Write a push; a payload of bytes makes it a binary one."""
    fields = [message.join_ref, message.ref, message.topic, message.event]
    if not isinstance(message.payload, bytes):
        return orjson.dumps([*fields, message.payload])
    coded = ["" if field is None else str(field) for field in fields]
    sizes = [len(field.encode()) for field in coded]
    return bytes([0, *sizes]) + "".join(coded).encode() + message.payload


def decode_from_server(opcode: Opcode, data: bytes) -> Message | Reply | Broadcast:
    """Read one message of the server. Raises DecodeError for a binary kind that does not exist."""
    if opcode is Opcode.BINARY:
        return _decode_binary(data)
    join_ref, ref, topic, event, payload = orjson.loads(data)
    if event == PHX_REPLY:
        return Reply(join_ref, ref, topic, payload["status"], payload["response"])
    return _message(join_ref, ref, topic, event, payload)


def _message(join_ref: Any, ref: Any, topic: str, event: str, payload: Any) -> Message | Broadcast:
    if join_ref is None and ref is None:
        return Broadcast(topic, event, payload)
    return Message(join_ref, ref, topic, event, payload)


def _decode_binary(data: bytes) -> Message | Reply | Broadcast:
    match data[0]:
        case 0:
            join_ref, topic, event, payload = _fields(data, 3)
            return Message(join_ref, None, topic, event, payload)
        case 1:
            join_ref, ref, topic, status, payload = _fields(data, 4)
            return Reply(join_ref, ref, topic, status, payload)
        case 2:
            topic, event, payload = _fields(data, 2)
            return Broadcast(topic, event, payload)
        case kind:
            raise DecodeError(f"no binary message is of kind {kind}")


def _fields(data: bytes, number: int) -> list[Any]:
    start = 1 + number
    fields: list[Any] = []
    for length in data[1:start]:
        fields.append(data[start : start + length].decode())
        start += length
    return [*fields, data[start:]]
