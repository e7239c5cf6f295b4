"""The engine of a socket: the protocol of one connection, without its bytes.

The transport's thread calls it; nothing here blocks. It answers heartbeats, starts a channel process per
joined topic and hands messages to it. Channels speak to the connection themselves, so there is no process
per socket.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

from rumbl_web.phoenix import mistakes, telemetry
from rumbl_web.phoenix.channel_server import SILENCE, UNMATCHED, ChannelServer, Leave, Signal
from rumbl_web.phoenix.channel_socket import ChannelSocket
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import (
    DISCONNECT,
    HEARTBEAT,
    PHOENIX_TOPIC,
    PHX_JOIN,
    PHX_LEAVE,
    Broadcast,
    Message,
    Reply,
)
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Refused, Socket
from rumbl_web.phoenix.transport import Connection, Opcode

log = logging.getLogger(__name__)

GOING_AWAY: Final = 1001
NEVER_OPENED: Final = 1006
POLICY_VIOLATION: Final = 1008
TOO_MANY_REQUESTS: Final = 429
TOO_MANY: Final = {"reason": "too many channels joined"}
TOO_LONG: Final = {"reason": "join_ref too long"}

MAX_JOIN_REF: Final = 255
"""Characters. It is kept as long as its channel, and goes out with every push: binary ones have this room."""

LARGE: Final = 4096
"""From this many bytes on, a message is large."""
MAX_WAITING: Final = 1000
MAX_WAITING_BEHIND_LARGE: Final = 64
"""A client with more messages waiting for its channels is closed: its memory is bounded in bytes, not only in
number (with the transport's limit per message)."""
_LONG_QUEUE: Final = 64
_NO_REF: Final = (None, "")  # the second is how a binary message writes it


def connect(
    endpoint: Endpoint,
    socket_class: type[Socket],
    params: Mapping[str, Any],
    info: ConnectInfo | None = None,
    serializer: Serializer | None = None,
) -> SocketServer | Refused:
    """Ask `socket_class` about a new connection; a transport drives what comes back. On a request thread.

    The socket picks the serializer by the `vsn` parameter unless one is given. An exception of the site's
    `connect` passes through.
    """
    started = telemetry.start()
    serializer = serializer or socket_class.serializer(params.get("vsn"))
    if serializer is None:
        telemetry.stop("socket.refused", started, socket=socket_class, reason="version")
        return Refused()
    witness = _Witness()
    endpoint.pubsub.attach(witness)
    try:
        answer = _decide(endpoint, socket_class, params, info or ConnectInfo(endpoint.secret), serializer)
    finally:
        endpoint.pubsub.detach(witness)
    if isinstance(answer, Refused):
        telemetry.stop("socket.refused", started, socket=socket_class, reason="connect")
        return answer
    refused = _second_thoughts(endpoint, answer, witness)
    if refused is not None:
        answer.closed(NEVER_OPENED)
        telemetry.stop("socket.refused", started, socket=socket_class, reason=refused.reason)
        return refused
    telemetry.stop("socket.connected", started, socket=socket_class)
    return answer


def _second_thoughts(endpoint: Endpoint, server: SocketServer, witness: _Witness) -> Refused | None:
    """What is known only now that the connection's ids are subscribed."""
    if not witness.topics.isdisjoint(server.ids):
        return Refused(reason="disconnected")
    most, id = endpoint.max_per_id, server.id
    if most is None or id is None or len(endpoint.pubsub.receivers(id)) <= most:
        return None
    mistakes.report(log, "socket refused: more than %d of %.100r", most, id)
    return Refused(http_status=TOO_MANY_REQUESTS, reason="too many sockets")


def _decide(
    endpoint: Endpoint,
    socket_class: type[Socket],
    params: Mapping[str, Any],
    info: ConnectInfo,
    serializer: Serializer,
) -> SocketServer | Refused:
    socket = socket_class()
    result: object = socket.connect(params, info)
    match result:
        case Connected(assigns, ends_on):
            return SocketServer(endpoint, socket_class, assigns, serializer, socket.id(assigns), ends_on)
        case Refused() as refused:
            return refused
        case other:
            shapes = "Connected(assigns) or Refused()"
            raise TypeError(f"{socket_class.__name__}.connect must return {shapes}, not {other!r}")


class _Witness:
    """Hears every "disconnect" while a site decides over a connection.

    Whom the site found logged in may log out before the connection's ids are known and subscribed.
    """

    __slots__ = ("topics",)

    def __init__(self) -> None:
        self.topics: set[str] = set()

    def dispatch(self, broadcast: Broadcast, sender: object) -> None:
        """Remember whom it is about."""
        if broadcast.event == DISCONNECT:
            self.topics.add(broadcast.topic)


class SocketServer:
    """One connection: its assigns and its channels. Implements `transport.SocketHandler`.

    From its making on, a "disconnect" on one of its ids ends it; so it must hear `closed` even if it never
    opens.
    """

    __slots__ = (
        "assigns",
        "channels",
        "connection",
        "disconnected",
        "endpoint",
        "id",
        "ids",
        "leaving",
        "serializer",
        "socket_class",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        socket_class: type[Socket],
        assigns: dict[str, Any],
        serializer: Serializer,
        socket_id: str | tuple[str, ...] | None = None,
        ends_on: tuple[str, ...] = (),
    ) -> None:
        self.connection: Connection = SILENCE
        self.disconnected = False
        self.endpoint = endpoint
        self.socket_class = socket_class
        self.assigns = assigns
        self.serializer = serializer
        ids = _ids(socket_id)
        self.id = ids[0] if ids else None
        self.ids = (*ids, *ends_on)
        self.channels: dict[str, ChannelServer] = {}
        # Channels that were told to leave and may still be at it: a new join on their topic waits for them.
        self.leaving: dict[str, ChannelServer] | None = None
        for topic in self.ids:
            endpoint.pubsub.subscribe(topic, self)

    # -- driven by the transport

    def opened(self, connection: Connection) -> None:
        """Begin, or end at once if a "disconnect" came first."""
        self.connection = connection
        if self.disconnected:
            connection.close(GOING_AWAY, DISCONNECT)

    def handle_text(self, data: bytes) -> None:
        """Take one text message. Raises DecodeError."""
        answer = self.serializer.heartbeat(data)
        if answer is not None:
            self.connection.send(Opcode.TEXT, answer)
        elif len(data) < LARGE or self._waiting() <= MAX_WAITING_BEHIND_LARGE:
            self._route(self.serializer.decode(data))
        else:
            self._refuse_flood()

    def handle_binary(self, data: bytes) -> None:
        """Take one binary message. Raises DecodeError."""
        if len(data) < LARGE or self._waiting() <= MAX_WAITING_BEHIND_LARGE:
            self._route(self.serializer.decode_binary(data))
        else:
            self._refuse_flood()

    def closed(self, code: int) -> None:
        """End: channels finish what they were sent, then terminate with ("shutdown", "closed")."""
        for topic in self.ids:
            self.endpoint.pubsub.unsubscribe(topic, self)
        channels, self.channels = self.channels, {}
        if self.connection is not SILENCE and telemetry.listening():
            counted = {"channels": len(channels)}
            telemetry.emit("socket.disconnected", counted, socket=self.socket_class, code=code)
        for channel in channels.values():
            channel.signal(Signal.CLOSE)

    # -- driven by PubSub

    def send(self, message: object) -> bool:
        """Take a broadcast on one of the ids: "disconnect" closes the connection, on any thread."""
        if isinstance(message, Broadcast) and message.event == DISCONNECT:
            # In this order: `opened`, on the hub's thread, does the two the other way round.
            self.disconnected = True
            self.connection.close(GOING_AWAY, DISCONNECT)
        return True

    # -- routing

    def _route(self, message: Message) -> None:
        event = message.event
        if event == PHX_JOIN:
            self._join(message)
        elif event == PHX_LEAVE:
            self._leave(message)
        else:
            topic = message.topic
            channel = self.channels.get(topic) if type(topic) is str else None
            if channel and message.join_ref != channel.socket.join_ref and _is_stale(message, channel):
                return
            if channel is None or not channel.send(message):
                self._undeliverable(message, channel)
            elif channel.queue_length > _LONG_QUEUE and self._waiting() > MAX_WAITING:
                self._refuse_flood()

    def _undeliverable(self, message: Message, channel: ChannelServer | None) -> None:
        if channel is not None and not channel.ending:
            self._refuse_flood()
        elif message.topic == PHOENIX_TOPIC and message.event == HEARTBEAT:
            self._answer(None, message, "ok", {})
        else:
            self._answer(None, message, "error", UNMATCHED)

    def _waiting(self) -> int:
        return sum(channel.queue_length for channel in self.channels.values())

    def _refuse_flood(self) -> None:
        mistakes.report(log, "a client of %s has too many messages in flight", self.socket_class.__name__)
        self.connection.close(POLICY_VIOLATION, "too many messages in flight")

    def _join(self, message: Message) -> None:
        channel_class = self.socket_class.route(message.topic)
        if channel_class is None:
            self._answer(None, message, "error", UNMATCHED)
            return
        if len(str(message.join_ref)) > MAX_JOIN_REF:
            self._answer(None, message, "error", TOO_LONG)
            return
        message.topic = topic = sys.intern(message.topic)
        old = self._take_old(topic)
        if old is None and self._count() >= self.socket_class.max_channels:
            self._answer(message.join_ref, message, "error", TOO_MANY)
            return
        server = ChannelServer(channel_class(), self._channel_socket(message))
        self.channels[topic] = server
        if old is None:
            server.send(Signal.START)
        else:
            server.replace(old)
        server.start()

    def _channel_socket(self, join: Message) -> ChannelSocket:
        assigns = dict(self.assigns)
        return ChannelSocket(self.endpoint, self.connection, self.serializer, self.id, assigns, join)

    def _leave(self, message: Message) -> None:
        topic = message.topic
        channel = self.channels.get(topic) if type(topic) is str else None
        if channel is None or channel.ending:
            self._answer(message.join_ref, message, "ok", {})
        elif not _is_stale(message, channel):
            del self.channels[topic]
            if self.leaving is None:
                self.leaving = {}
            self.leaving[topic] = channel
            if not channel.send(Leave(message)):
                self._answer(message.join_ref, message, "ok", {})
                channel.exit()

    def _take_old(self, topic: str) -> ChannelServer | None:
        """Forget channels that are gone, and give the one on `topic` that is not."""
        for table in (self.channels, self.leaving):
            if table:
                for gone in [name for name, channel in table.items() if not channel.alive]:
                    del table[gone]
        leaving = None if self.leaving is None else self.leaving.pop(topic, None)
        if not self.leaving:
            self.leaving = None
        return self.channels.pop(topic, None) or leaving

    def _count(self) -> int:
        return len(self.channels) + len(self.leaving or ())

    def _answer(self, join_ref: Any, message: Message, status: str, payload: Any) -> None:
        reply = Reply(join_ref, message.ref, message.topic, status, payload)
        self.connection.send(*self.serializer.encode_reply(reply))


def _is_stale(message: Message, channel: ChannelServer) -> bool:
    """Whether a client means an earlier join on the topic: it gets no answer, that channel is closed.

    Many clients name no join_ref, so none fits every join (Phoenix since 1.8.12).
    """
    given, own = message.join_ref, channel.socket.join_ref
    named = given not in _NO_REF and own not in _NO_REF
    return named and given != own and not channel.ending


def _ids(socket_id: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if socket_id is None:
        return ()
    return (socket_id,) if isinstance(socket_id, str) else tuple(socket_id)
