"""One client of the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rumbl_web.phoenix.transports import frames

if TYPE_CHECKING:
    from rumbl_web.phoenix.transport import Opcode, SocketHandler
    from rumbl_web.phoenix.transports.group import HubSubscription
    from rumbl_web.phoenix.transports.hub import Hub
    from rumbl_web.phoenix.transports.options import Limits
    from rumbl_web.phoenix.transports.outbox import Outbox

OPEN: Final = 0
CLOSING: Final = 1
"""Our close frame is on its way; the client's is awaited."""
LINGERING: Final = 2
"""The client broke a rule: our close frame is the last thing, and what it sends is thrown away."""
FINISHING: Final = 3
"""Both close frames were exchanged; what is left goes out, then the connection is closed."""


class HubConnection:
    """The `Connection` of the hub. Its fields belong to the hub's thread; its methods to everybody.

    `fd` is -1 from the moment the descriptor is closed: the kernel gives the number to the next connection at
    once, while a fan-out may still hold this object.
    """

    __slots__ = (
        "busy_until",
        "decoder",
        "fd",
        "handler",
        "hub",
        "limits",
        "outbox",
        "phase",
        "seen",
        "subscriptions",
    )

    def __init__(self, hub: Hub, fd: int, handler: SocketHandler | None, now: int, limits: Limits) -> None:
        self.hub = hub
        self.fd = fd
        self.handler = handler
        self.limits = limits
        self.phase = OPEN
        self.decoder: frames.Decoder | None = None
        self.outbox: Outbox | None = None
        self.subscriptions: tuple[HubSubscription, ...] = ()
        self.seen = now
        self.busy_until = now

    def send(self, opcode: Opcode, data: bytes, *, last: bool = False) -> None:
        """Queue one whole message, or write it now if it is the `last`. A closed connection swallows it."""
        frame = frames.encode(opcode, data)
        if not (last and self.outbox is None and self.hub.write_at_once(self, frame)):
            self.hub.send(self, frame)

    def close(self, code: int, reason: str = "") -> None:
        """Send what is queued, then a close with `code`, then end the connection."""
        self.hub.call_later(self.hub.conversations.close, self, code, reason)
