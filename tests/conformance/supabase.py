"""Version 2 as Supabase's newest client speaks it: a broadcast is a binary message of a kind of its own.

client broadcast  3 | lengths of join_ref ref topic event meta | coding | the five fields | payload

The coding is 0 for bytes and 1 for JSON. The server may answer in JSON, which the client reads as well; only
a payload of bytes needs the binary kind 4:

server broadcast  4 | lengths of topic event meta | coding | the three fields | payload
"""

from __future__ import annotations

from typing import Any, Final

from rumbl_web.phoenix.message import Broadcast, Message
from rumbl_web.phoenix.serializer import DecodeError, Encoded
from rumbl_web.phoenix.serializers.text import read
from rumbl_web.phoenix.serializers.v2_json import V2JSON
from rumbl_web.phoenix.transport import Opcode

_PUSH, _BROADCAST = 3, 4
_HEAD: Final = 7
_BYTES, _JSON = 0, 1


class SupabaseJSON(V2JSON):
    """Phoenix's own messages and Supabase's two."""

    __slots__ = ()

    def decode_binary(self, data: bytes) -> Message:
        """Read a push of either kind."""
        return _decode(data) if data[:1] == bytes([_PUSH]) else super().decode_binary(data)

    def encode_broadcast(self, broadcast: Broadcast) -> Encoded:
        """Write a broadcast; bytes inside a Supabase one make it binary."""
        payload: Any = broadcast.payload
        if isinstance(payload, dict) and isinstance(payload.get("payload"), bytes):
            return Opcode.BINARY, _encode(broadcast.topic, payload["event"], payload["payload"])
        return super().encode_broadcast(broadcast)


def _decode(data: bytes) -> Message:
    if len(data) < _HEAD or data[6] not in (_BYTES, _JSON):
        raise DecodeError("not a Supabase broadcast")
    fields: list[str] = []
    start = _HEAD
    for length in data[1:6]:
        field = data[start : start + length]
        if len(field) < length:
            raise DecodeError("a Supabase broadcast shorter than its fields")
        fields.append(_text(field))
        start += length
    join_ref, ref, topic, event, meta = fields
    content: Any = data[start:] if data[6] == _BYTES else read(data[start:])
    payload = {"type": "broadcast", "event": event, "payload": content}
    if meta:
        payload["meta"] = read(meta.encode())
    return Message(join_ref or None, ref or None, topic, "broadcast", payload)


def _encode(topic: str, event: str, payload: bytes) -> bytes:
    fields = (topic.encode(), event.encode(), b"")
    return bytes([_BROADCAST, *map(len, fields), _BYTES]) + b"".join(fields) + payload


def _text(field: bytes) -> str:
    try:
        return field.decode()
    except UnicodeDecodeError as error:
        raise DecodeError("a field of a Supabase broadcast is not UTF-8") from error
