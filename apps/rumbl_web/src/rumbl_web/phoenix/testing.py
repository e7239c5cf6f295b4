"""The channel test kit: a client in the test's own thread, without a network and without waiting in vain.

    socket = connect(UserSocket, {"token": token}, endpoint=endpoint)
    reply, channel = subscribe_and_join(socket, VideoChannel, "videos:1", {"last_seen_id": 0})
    ref = push(channel, "new_annotation", {"body": "hi", "at": 0})
    assert_reply(ref, "ok", {})
    assert_broadcast(channel, "new_annotation", {"body": "hi"})

Nothing is turned into JSON unless `serializer` asks for it (`for_version("1.0.0")` or `"2.0.0"`), so payloads
are the Python values of the channel.
An expected dict may leave out keys of the actual one, at every depth; `ANY` fits everything. What arrived is
consumed by the assertion that found it, and given back. Waiting ends after five seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from types import ModuleType
from typing import Any, Final
from unittest.mock import ANY

from rumbl_web.phoenix import message as wire
from rumbl_web.phoenix.channel import Channel
from rumbl_web.phoenix.channel_server import Barrier, ChannelServer
from rumbl_web.phoenix.channel_socket import ChannelSocket
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.serializers import v1_client, v2_client
from rumbl_web.phoenix.socket import ConnectInfo, Refused, Socket
from rumbl_web.phoenix.socket_server import SocketServer
from rumbl_web.phoenix.socket_server import connect as connect_server
from rumbl_web.phoenix.testing_transport import (
    DEADLINE_S,
    Carried,
    Inbox,
    InlineFanout,
    MemoryConnection,
    NoopSerializer,
)

__all__ = [
    "ANY",
    "ClientChannel",
    "ClientSocket",
    "ConnectRefused",
    "InlineFanout",
    "JoinRefused",
    "MemoryConnection",
    "NoopSerializer",
    "Pushed",
    "assert_broadcast",
    "assert_closed",
    "assert_push",
    "assert_reply",
    "close",
    "connect",
    "join",
    "leave",
    "make_endpoint",
    "push",
    "refute_broadcast",
    "refute_push",
    "refute_reply",
    "settle",
    "subscribe_and_join",
]

_NOOP: Final = NoopSerializer()
_V1: Final = "1.0.0"


class ConnectRefused(Exception):
    """The socket's `connect` said no."""


class JoinRefused(Exception):
    """The channel's `join` said no; `response` is why."""

    def __init__(self, response: Any) -> None:
        super().__init__(response)
        self.response = response


class _Client(MemoryConnection):
    """A connection whose client reads what it gets."""

    def __init__(self, codec: ModuleType) -> None:
        super().__init__()
        self.codec = codec

    def send(self, opcode: Any, data: Any, *, last: bool = False) -> None:
        super().send(opcode, self.codec.decode_from_server(opcode, data) if isinstance(data, bytes) else data)


class ClientSocket:
    """A connected client."""

    def __init__(self, server: SocketServer) -> None:
        self.server = server
        self.codec = v1_client if server.serializer.vsn == _V1 else v2_client
        self.connection: MemoryConnection = _Client(self.codec)
        server.opened(self.connection)
        self.endpoint = server.endpoint
        self.assigns = server.assigns
        self._refs = count(1)

    def send(self, join_ref: Any, topic: str, event: str, payload: Any) -> str:
        """Send one message; give its ref."""
        ref = str(next(self._refs))
        message = Message(join_ref if event != wire.PHX_JOIN else ref, ref, topic, event, payload)
        if isinstance(self.server.serializer, NoopSerializer):
            self.server.handle_text(Carried.of(message))
        elif isinstance(payload, bytes):
            self.server.handle_binary(self.codec.encode_to_server(message))
        else:
            self.server.handle_text(self.codec.encode_to_server(message))
        return ref


class ClientChannel:
    """A client's side of one joined topic."""

    def __init__(self, client: ClientSocket, topic: str, join_ref: str) -> None:
        self.client = client
        self.topic = topic
        self.join_ref = None if client.codec is v1_client else join_ref
        self.process: ChannelServer = client.server.channels[topic]
        self.heard: Inbox[Broadcast] | None = None

    @property
    def socket(self) -> ChannelSocket:
        """What the channel's callbacks get as `socket`."""
        return self.process.socket

    @property
    def assigns(self) -> dict[str, Any]:
        """The channel's assigns."""
        return self.socket.assigns


class Pushed:
    """A message that may be answered."""

    def __init__(self, client: ClientSocket, ref: str, process: ChannelServer | None = None) -> None:
        self.client = client
        self.ref = ref
        self.process = process


def make_endpoint(adapter: Adapter | None = None, **services: Any) -> Endpoint:
    """An endpoint of its own for a test; `adapter` (say, of a memory Network) joins it to others."""
    secret = "a secret for tests, long enough to be one: 0123456789"  # noqa: S105 - signs nothing real
    return Endpoint(PubSub(adapter), InlineFanout(), secret, services)


def connect(
    socket_class: type[Socket],
    params: Mapping[str, Any] | None = None,
    *,
    endpoint: Endpoint,
    info: ConnectInfo | None = None,
    serializer: Serializer | None = None,
) -> ClientSocket:
    """Connect as a client. Raises ConnectRefused."""
    server = connect_server(endpoint, socket_class, params or {}, info, serializer or _NOOP)
    if isinstance(server, Refused):
        raise ConnectRefused(server)
    return ClientSocket(server)


def join(
    client: ClientSocket, channel_class: type[Channel], topic: str, payload: Any = None
) -> tuple[Any, ClientChannel]:
    """Join `topic`; give the reply's response and the channel. Raises JoinRefused."""
    routed = client.server.socket_class.route(topic)
    assert routed is channel_class, f"{topic!r} is routed to {routed}, not to {channel_class}"
    ref = client.send(None, topic, wire.PHX_JOIN, {} if payload is None else payload)
    channel = ClientChannel(client, topic, ref)
    reply = _reply_to(Pushed(client, ref))
    if reply.status != "ok":
        raise JoinRefused(reply.payload)
    return reply.payload, channel


def subscribe_and_join(
    client: ClientSocket, channel_class: type[Channel], topic: str, payload: Any = None
) -> tuple[Any, ClientChannel]:
    """Join, and listen to all broadcasts on `topic` besides, also those that the client does not get."""
    ear = _Ear()
    client.endpoint.pubsub.subscribe(topic, ear)
    response, channel = join(client, channel_class, topic, payload)
    channel.heard = ear.heard
    return response, channel


def push(channel: ClientChannel, event: str, payload: Any = None) -> Pushed:
    """Send an event to the channel."""
    ref = channel.client.send(channel.join_ref, channel.topic, event, {} if payload is None else payload)
    return Pushed(channel.client, ref, channel.process)


def leave(channel: ClientChannel) -> Pushed:
    """Leave the topic; the answer is ok, then `phx_close` is pushed."""
    return push(channel, wire.PHX_LEAVE)


def close(client: ClientSocket, code: int = 1001) -> None:
    """Lose the connection and wait until its channels have ended."""
    channels = list(client.server.channels.values())
    client.server.closed(code)
    for channel in channels:
        assert channel.wait(DEADLINE_S), f"{channel!r} did not end"


def settle(channel: ClientChannel) -> None:
    """Wait until the channel has handled everything that was sent to it before this call."""
    _settle(channel.process)


def assert_reply(pushed: Pushed, status: str = "ok", payload: Any = ANY) -> Any:
    """Wait for the answer to `pushed`; give its payload."""
    reply = _reply_to(pushed)
    assert reply.status == status, f"answered {reply.status!r}: {reply.payload!r}, not {status!r}"
    assert _fits(payload, reply.payload), f"answered {reply.payload!r}, not {payload!r}"
    return reply.payload


def assert_push(channel: ClientChannel, event: str, payload: Any = ANY) -> Any:
    """Wait for a push to this client; give its payload. Also for phx_close and phx_error."""
    found = channel.client.connection.inbox.take(lambda got: _is_push(got[1], channel, event, payload))
    assert found, f"no push of {event!r} with {payload!r}; there is {_items(channel.client)}"
    return found[1].payload


def assert_broadcast(channel: ClientChannel, event: str, payload: Any = ANY) -> Any:
    """Wait for a broadcast on the channel's topic (as the client gets it, if only `join` was called)."""
    found = _take_broadcast(channel, event, payload, DEADLINE_S)
    assert found, f"no broadcast of {event!r} with {payload!r}; there is {_broadcasts(channel)}"
    return found.payload


def assert_closed(client: ClientSocket, code: int) -> None:
    """Wait until the server has closed the connection with `code`."""
    found = client.connection.closings.take(lambda _: True)
    assert found, "the connection was not closed"
    assert found[0] == code, f"closed with {found[0]}, not {code}"


def refute_reply(pushed: Pushed) -> None:
    """Nothing has answered `pushed` when the channel is done with it."""
    assert pushed.process, "this was not pushed to a joined channel"
    _settle(pushed.process)
    found = pushed.client.connection.inbox.take(lambda got: _answers(got[1], pushed), 0)
    assert found is None, f"answered {found}"


def refute_push(channel: ClientChannel, event: str, payload: Any = ANY) -> None:
    """No such push was made when the channel is done with what it was sent."""
    settle(channel)
    inbox = channel.client.connection.inbox
    found = inbox.take(lambda got: _is_push(got[1], channel, event, payload), 0)
    assert found is None, f"pushed {found}"


def refute_broadcast(channel: ClientChannel, event: str, payload: Any = ANY) -> None:
    """No such broadcast was made when the channel is done with what it was sent."""
    settle(channel)
    found = _take_broadcast(channel, event, payload, 0)
    assert found is None, f"broadcast {found}"


class _Ear:
    """A subscriber that remembers."""

    def __init__(self) -> None:
        self.heard: Inbox[Broadcast] = Inbox()

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard.put(message)
        return True


def _reply_to(pushed: Pushed) -> Reply:
    found = pushed.client.connection.inbox.take(lambda got: _answers(got[1], pushed))
    assert found, f"no reply to ref {pushed.ref}; there is {_items(pushed.client)}"
    reply: Reply = found[1]
    return reply


def _answers(got: object, pushed: Pushed) -> bool:
    return isinstance(got, Reply) and got.ref == pushed.ref


def _is_push(got: object, channel: ClientChannel, event: str, payload: Any) -> bool:
    return (
        isinstance(got, Message)
        and (got.topic, got.join_ref, got.event) == (channel.topic, channel.join_ref, event)
        and _fits(payload, got.payload)
    )


def _take_broadcast(channel: ClientChannel, event: str, payload: Any, timeout_s: float) -> Broadcast | None:
    def wanted(got: object) -> bool:
        return (
            (isinstance(got, Broadcast) or (isinstance(got, Message) and got.join_ref is got.ref is None))
            and (got.topic, got.event) == (channel.topic, event)
            and _fits(payload, got.payload)
        )

    if channel.heard is not None:
        return channel.heard.take(wanted, timeout_s)
    found = channel.client.connection.inbox.take(_second(wanted), timeout_s)
    return None if found is None else found[1]


def _second(wanted: Callable[[object], bool]) -> Callable[[tuple[Any, Any]], bool]:
    return lambda pair: wanted(pair[1])


def _settle(process: ChannelServer) -> None:
    barrier = Barrier()
    if process.send(barrier):
        ref = process.monitor(lambda _down: barrier.passed.set())
        assert barrier.passed.wait(DEADLINE_S), f"{process!r} is still busy"
        process.demonitor(ref)
    else:
        assert process.wait(DEADLINE_S), f"{process!r} is full or does not end"


def _items(client: ClientSocket) -> list[Any]:
    return [item for _, item in client.connection.inbox.items]


def _broadcasts(channel: ClientChannel) -> list[Any]:
    return _items(channel.client) if channel.heard is None else channel.heard.items


def _fits(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(key in actual and _fits(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return all(_fits(one, other) for one, other in zip(expected, actual, strict=True))
    return bool(expected == actual)
