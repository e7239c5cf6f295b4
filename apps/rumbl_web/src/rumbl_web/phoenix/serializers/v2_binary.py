"""Binary messages of protocol version 2: one byte of kind, one byte per length, the fields, then the data.

client push   0 | join_ref ref topic event | data
server push   0 | join_ref topic event     | data
reply         1 | join_ref ref topic status| data
broadcast     2 | topic event              | data
"""

from __future__ import annotations

from typing import Final

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError

_PUSH, _REPLY, _BROADCAST = range(3)
_HEAD: Final = 5
_MAX: Final = 255


def decode(data: bytes) -> Message:
    """Read a client's push. Raises DecodeError for another kind, a short message or bad UTF-8."""
    if len(data) < _HEAD or data[0] != _PUSH:
        raise DecodeError("not a binary push")
    ends: list[int] = []
    start = _HEAD
    for length in data[1:_HEAD]:
        start += length
        ends.append(start)
    if ends[-1] > len(data):
        raise DecodeError("a binary push shorter than its fields")
    starts = [_HEAD, *ends]
    try:
        join_ref, ref, topic, event = (data[one:two].decode() for one, two in zip(starts, ends, strict=False))
    except UnicodeDecodeError as error:
        raise DecodeError("a field of a binary push is not UTF-8") from error
    return Message(join_ref, ref, topic, event, data[ends[-1] :])


def encode_push(message: Message) -> bytes:
    """Write a server's push; it has no ref."""
    return _pack(_PUSH, message.join_ref, message.topic, message.event) + bytes(message.payload)


def encode_reply(reply: Reply) -> bytes:
    """Write a reply."""
    return _pack(_REPLY, reply.join_ref, reply.ref, reply.topic, reply.status) + bytes(reply.payload)


def encode_broadcast(broadcast: Broadcast) -> bytes:
    """Write a broadcast."""
    return _pack(_BROADCAST, broadcast.topic, broadcast.event) + bytes(broadcast.payload)


def _pack(kind: int, *fields: object) -> bytes:
    texts = ["" if field is None else str(field) for field in fields]
    coded = [text.encode() for text in texts]
    for text, code in zip(texts, coded, strict=True):
        if len(code) > _MAX:
            raise ValueError(f"{text[:40]!r}... is longer than the {_MAX} bytes of a binary field")
    return bytes([kind, *map(len, coded)]) + b"".join(coded)
