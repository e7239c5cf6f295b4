"""What a transport and the channel runtime promise each other.

The runtime (`socket_server`, `channel_server`, `pubsub`) never sees a file descriptor or a WebSocket frame;
a transport never sees a topic or an event. They meet in the four protocols below. The hub implements
`Connection`, `Subscription` and `Fanout`; the socket server implements `SocketHandler`; the test kit has an
inline `Fanout`.

Order is the one promise all of them share: what one thread sends to a connection, directly or by a publish to
a group that the connection is subscribed to, reaches the client in the order of those calls.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import IntEnum
from typing import Protocol


class Opcode(IntEnum):
    """Kind of a data message, with the numbers of RFC 6455, section 11.8."""

    TEXT = 1
    BINARY = 2


class ClientMistake(Exception):
    """What a client sent is wrong. Ends it like any exception, but is logged in one short line."""


class Connection(Protocol):
    """One client of a transport, as the runtime sees it. Safe to use from any thread; nothing blocks."""

    def send(self, opcode: Opcode, data: bytes, *, last: bool = False) -> None:
        """Queue one whole message. A closed connection swallows it.

        With `last`, the caller knows of nothing more to send soon, here or to others: so there is no batch
        to wait for.
        """

    def close(self, code: int, reason: str = "") -> None:
        """Send what is queued, then a close with `code` (RFC 6455, section 7.4), then end the connection."""


class Subscription(Protocol):
    """One connection's place in one group. Starts held: what arrives is kept, in order and bounded."""

    def release(self) -> None:
        """Deliver what was held, after everything sent before this call, and let the rest flow."""

    def cancel(self) -> None:
        """Leave the group; nothing published after this call is delivered. May be called twice."""


class Fanout(Protocol):
    """Groups of connections that get the same bytes. A group exists while it has a subscription."""

    def subscribe(self, connection: Connection, group: Hashable) -> Subscription:
        """Put `connection` into `group`, held. Everything published after this call is its."""

    def publish(
        self, group: Hashable, opcode: Opcode, data: bytes, exclude: Subscription | None = None
    ) -> None:
        """Queue one message for every subscription of `group` but `exclude`. Framed once, never blocks."""


class SocketHandler(Protocol):
    """What a transport drives: one per connection, called on the transport's own thread, must never block."""

    def opened(self, connection: Connection) -> None:
        """Tell the handler its connection, once, before anything else."""

    def handle_text(self, data: bytes) -> None:
        """One whole text message, valid UTF-8. An exception closes the connection with 1011.

        A ClientMistake is not logged as a crash.
        """

    def handle_binary(self, data: bytes) -> None:
        """One whole binary message. Exceptions as with `handle_text`."""

    def closed(self, code: int) -> None:
        """The connection is gone (`code` 1006 without a close frame). Called once, opened or not."""
