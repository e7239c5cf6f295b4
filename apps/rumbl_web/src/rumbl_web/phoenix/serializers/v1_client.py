"""The client's half of protocol version 1, for tests: writes what clients send, reads what they get."""

from __future__ import annotations

from typing import Any

import orjson

from rumbl_web.phoenix.message import PHX_REPLY, Broadcast, Message, Reply
from rumbl_web.phoenix.transport import Opcode


def encode_to_server(message: Message) -> bytes:
    """Write a push; a join_ref is left out, as these clients do. Raises TypeError for bytes."""
    fields = {"topic": message.topic, "event": message.event, "payload": message.payload, "ref": message.ref}
    return orjson.dumps(fields)


def decode_from_server(opcode: Opcode, data: bytes) -> Message | Reply | Broadcast:
    """Read one message of the server. A push looks like a broadcast: a Message without refs."""
    fields: dict[str, Any] = orjson.loads(data)
    topic, event, payload, ref = (fields[name] for name in ("topic", "event", "payload", "ref"))
    if event == PHX_REPLY:
        return Reply(None, ref, topic, payload["status"], payload["response"])
    return Message(None, ref, topic, event, payload)
