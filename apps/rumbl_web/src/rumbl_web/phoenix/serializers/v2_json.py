"""Protocol version 2.0.0: JSON arrays in text messages, length-prefixed fields in binary ones."""

from __future__ import annotations

import re
from typing import Final

import orjson

from rumbl_web.phoenix.message import PHX_REPLY, Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError, Encoded
from rumbl_web.phoenix.serializers import v2_binary
from rumbl_web.phoenix.serializers.text import must_be_echoable, write
from rumbl_web.phoenix.transport import Opcode

_TEXT: Final = Opcode.TEXT
_FIELDS: Final = 5
_match_heartbeat: Final = re.compile(
    rb'\[null,("[0-9A-Za-z_-]{1,32}"|0|[1-9]\d{0,14}),"phoenix","heartbeat",\{\}\]'
).fullmatch
_loads: Final = orjson.loads


class V2JSON:
    """The serializer that today's clients speak."""

    __slots__ = ()

    vsn: Final = "2.0.0"

    def heartbeat(self, data: bytes) -> bytes | None:
        """Answer a heartbeat as phoenix.js writes it without decoding it."""
        match = _match_heartbeat(data)
        if match is None:
            return None
        return b'[null,%b,"phoenix","phx_reply",{"response":{},"status":"ok"}]' % match[1]

    def decode(self, data: bytes) -> Message:
        """Read `[join_ref, ref, topic, event, payload]`; further elements are ignored, as by Phoenix."""
        try:
            fields = _loads(data)
        except orjson.JSONDecodeError as error:
            raise DecodeError("not JSON") from error
        if type(fields) is not list or len(fields) < _FIELDS:
            raise DecodeError("not an array of join_ref, ref, topic, event and payload")
        join_ref, ref, topic, event, payload = fields if len(fields) == _FIELDS else fields[:_FIELDS]
        if not type(join_ref) is type(ref) is type(topic) is type(event) is str:
            must_be_echoable(join_ref, ref, topic, event)
        return Message(join_ref, ref, topic, event, payload)

    def decode_binary(self, data: bytes) -> Message:
        """Read a binary push; its payload stays bytes."""
        return v2_binary.decode(data)

    def encode(self, message: Message) -> Encoded:
        """Write a push (join_ref set, ref null), a close or an error of a channel."""
        if type(message.payload) is bytes:
            return Opcode.BINARY, v2_binary.encode_push(message)
        return _TEXT, write(
            [message.join_ref, message.ref, message.topic, message.event, message.payload],
        )

    def encode_reply(self, reply: Reply) -> Encoded:
        """Write a reply; bytes make it a binary one."""
        if type(reply.payload) is bytes:
            return Opcode.BINARY, v2_binary.encode_reply(reply)
        body = {"response": reply.payload, "status": reply.status}
        return _TEXT, write([reply.join_ref, reply.ref, reply.topic, PHX_REPLY, body])

    def encode_broadcast(self, broadcast: Broadcast) -> Encoded:
        """Write a broadcast: both refs are null, whoever gets it."""
        if type(broadcast.payload) is bytes:
            return Opcode.BINARY, v2_binary.encode_broadcast(broadcast)
        return _TEXT, write([None, None, broadcast.topic, broadcast.event, broadcast.payload])
