"""The socket as a channel sees it: one per joined topic, with its assigns and its ways to talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from info_sys.otp import Process
from rumbl_web.phoenix import message as wire
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Message
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.transport import Connection

_NOT_JOINED = """{name}: {what} before the channel has joined.
Send yourself a message in join and do it there:

    def join(self, topic, payload, socket):
        socket.send_self("after_join")
        return Joined()

    def handle_info(self, message, socket):
        socket.push("feed", {{"list": [...]}})
"""


@dataclass(slots=True)
class Reply:
    """An answer to one message: status "ok" or "error", and a payload (any JSON value, or bytes)."""

    status: str
    payload: Any = field(default_factory=dict)


class ChannelSocket:
    """One client on one topic. All methods may be called from any thread."""

    __slots__ = (
        "assigns",
        "connection",
        "endpoint",
        "id",
        "join_ref",
        "joined",
        "message",
        "process",
        "serializer",
        "topic",
    )

    assigns: dict[str, Any]
    """What the socket's `connect` assigned, plus what this channel adds; other channels do not see that."""
    id: str | None
    """The (first) id of the whole socket, for `endpoint.disconnect`."""
    process: Process
    """The channel's process: mail sent to it arrives in `handle_info`."""

    def __init__(
        self,
        endpoint: Endpoint,
        connection: Connection,
        serializer: Serializer,
        socket_id: str | None,
        assigns: dict[str, Any],
        join: Message,
    ) -> None:
        self.endpoint = endpoint
        self.connection = connection
        self.serializer = serializer
        self.id = socket_id
        self.assigns = assigns
        self.topic = join.topic
        self.join_ref = join.join_ref
        self.joined = False
        # The message that is being handled; until it is answered this is the join.
        self.message: Message | None = join

    def push(self, event: str, payload: Any) -> None:
        """Send an event to this client alone. Raises what the serializer can't write."""
        self._require_joined(f"push of {event!r}")
        message = Message(self.join_ref, None, self.topic, event, payload)
        opcode, data = self.serializer.encode(message)
        self.connection.send(opcode, data)

    def broadcast(self, event: str, payload: Any) -> None:
        """Send an event to every subscriber of the topic, this client too. Raises as PubSub."""
        self._require_joined(f"broadcast of {event!r}")
        self.endpoint.broadcast(self.topic, event, payload)

    def broadcast_from(self, event: str, payload: Any) -> None:
        """Send an event to every other subscriber of the topic. Raises as PubSub."""
        self._require_joined(f"broadcast of {event!r}")
        self.endpoint.broadcast_from(self.process, self.topic, event, payload)

    def send_self(self, message: object) -> None:
        """Have `handle_info` called with `message` once the current callback is over."""
        self.process.send(message)

    def reply(self, reply: Reply) -> None:
        """Answer the message at hand now, instead of by what `handle_in` returns."""
        self.answer(self._at_hand(), reply)

    def answer(self, message: Message, reply: Reply, *, last: bool = False) -> None:
        """For the engine. With `last` it has nothing more to send for now (`transport.Connection.send`)."""
        answer = wire.Reply(self.join_ref, message.ref, self.topic, reply.status, reply.payload)
        opcode, data = self.serializer.encode_reply(answer)
        self.connection.send(opcode, data, last=last)

    def ref(self) -> Ref:
        """What it takes to answer the message at hand later, from any process."""
        return Ref(self.connection, self.serializer, self.join_ref, self._at_hand().ref, self.topic)

    def _at_hand(self) -> Message:
        self._require_joined("reply")
        if self.message is None:
            raise RuntimeError("there is no message to answer: call ref() or reply() inside handle_in")
        return self.message

    def _require_joined(self, what: str) -> None:
        if not self.joined:
            raise RuntimeError(_NOT_JOINED.format(name=self.topic, what=what))

    def __repr__(self) -> str:
        return f"<ChannelSocket {self.topic!r} id={self.id!r}>"


@dataclass(slots=True)
class Ref:
    """One message of a client that waits for its answer."""

    connection: Connection
    serializer: Serializer
    join_ref: Any
    ref: Any
    topic: str

    def reply(self, status: str, payload: Any = None) -> None:
        """Answer it; no payload is `{}`. A client that is gone by then never notices."""
        response = {} if payload is None else payload
        answer = wire.Reply(self.join_ref, self.ref, self.topic, status, response)
        opcode, data = self.serializer.encode_reply(answer)
        self.connection.send(opcode, data)


def reply(ref: Ref, status: str, payload: Any = None) -> None:
    """Answer the message behind `ref` (from `socket.ref()`), from any process."""
    ref.reply(status, payload)
