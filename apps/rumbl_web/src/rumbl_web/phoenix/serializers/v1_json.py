"""Protocol version 1.0.0: one JSON object per message. What a client speaks that names no version.

A message has topic, event, payload and ref. A join_ref is read if there is one, as by Phoenix, but never
written; so pushes look like broadcasts. The version has no binary messages.
"""

from __future__ import annotations

from typing import Any, Final

from rumbl_web.phoenix.message import PHX_REPLY, Broadcast, Message, Reply
from rumbl_web.phoenix.serializer import DecodeError, Encoded
from rumbl_web.phoenix.serializers.text import must_be_echoable, read, write
from rumbl_web.phoenix.transport import Opcode

_REQUIRED: Final = ("topic", "event", "payload", "ref")


class V1JSON:
    """The serializer of old clients."""

    __slots__ = ()

    vsn: Final = "1.0.0"

    def heartbeat(self, data: bytes) -> bytes | None:
        """No shortcut: these clients order their fields as they like."""
        return None

    def decode(self, data: bytes) -> Message:
        """Read an object; fields that are not known are ignored, as by Phoenix."""
        fields = read(data)
        if type(fields) is not dict:
            raise DecodeError("not an object")
        try:
            topic, event, payload, ref = (fields[name] for name in _REQUIRED)
        except KeyError as error:
            raise DecodeError(f"an object without {error}") from error
        join_ref = fields.get("join_ref")
        must_be_echoable(join_ref, ref, topic, event)
        return Message(join_ref, ref, topic, event, payload)

    decode_binary = decode

    def encode(self, message: Message) -> Encoded:
        """Write a push (ref null), a close or an error of a channel. Raises TypeError for bytes."""
        return _object(message.topic, message.event, message.payload, message.ref)

    def encode_reply(self, reply: Reply) -> Encoded:
        """Write a reply. Raises TypeError for bytes."""
        body = {"response": reply.payload, "status": reply.status}
        return _object(reply.topic, PHX_REPLY, body, reply.ref)

    def encode_broadcast(self, broadcast: Broadcast) -> Encoded | None:
        """Write a broadcast. None for bytes: one old client must not spoil them for all others."""
        if type(broadcast.payload) is bytes:
            return None
        return _object(broadcast.topic, broadcast.event, broadcast.payload, None)


def _object(topic: str, event: str, payload: Any, ref: Any) -> Encoded:
    return Opcode.TEXT, write({"event": event, "payload": payload, "ref": ref, "topic": topic})
