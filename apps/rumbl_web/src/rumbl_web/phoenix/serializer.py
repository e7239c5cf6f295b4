"""The plug point between messages and the wire: one serializer per protocol version.

A serializer has no state; one object serves every connection. Socket parameters name the version as `vsn`.
"""

from __future__ import annotations

from typing import Protocol

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.transport import ClientMistake, Opcode

Encoded = tuple[Opcode, bytes]


class DecodeError(ClientMistake, ValueError):
    """What a client sent is no message of this protocol version; its connection is closed with 1011."""


class Serializer(Protocol):
    """Reads what clients send and writes what they get."""

    @property
    def vsn(self) -> str:
        """The version it speaks."""

    def heartbeat(self, data: bytes) -> bytes | None:
        """Give the whole answer if text `data` plainly is a heartbeat, else None (then it is decoded)."""

    def decode(self, data: bytes) -> Message:
        """Read one text message. Raises DecodeError."""

    def decode_binary(self, data: bytes) -> Message:
        """Read one binary message. Raises DecodeError."""

    def encode(self, message: Message) -> Encoded:
        """Write a message for one client. Raises TypeError or ValueError for what the wire can't carry."""

    def encode_reply(self, reply: Reply) -> Encoded:
        """Write a reply. Raises as `encode`."""

    def encode_broadcast(self, broadcast: Broadcast) -> Encoded | None:
        """Write, once, what all subscribers get. Raises as `encode`.

        None: this version has no such messages, and its clients do not hear of it.
        """
