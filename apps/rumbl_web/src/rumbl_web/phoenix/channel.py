"""A channel: the conversation of one client on one topic. Subclass it; all callbacks but `join` are optional.

    class RoomChannel(Channel):
        def join(self, topic, payload, socket):
            return Joined({"hello": topic})

        def handle_in(self, event, payload, socket):
            match event:
                case "shout":
                    socket.broadcast("shout", {"text": payload["text"]})
                    return Reply("ok")

Each joined topic has an object of its own, and its callbacks run one at a time, so they need no locks.
State that belongs to the conversation lives in `socket.assigns`. An exception ends this one conversation:
the client hears `phx_error` and rejoins; its other channels go on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, ClassVar

from info_sys.otp import NORMAL
from rumbl_web.phoenix.channel_socket import ChannelSocket, Reply

__all__ = ["Channel", "ChannelSocket", "Joined", "Refused", "Reply", "Stop", "UnknownEvent"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Joined:
    """What `join` returns to let the client in; `response` goes into the reply."""

    response: Any = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """What `join` returns to keep the client out; `response` says why, as `{"reason": ...}`.

    A socket's `connect` returns it too; such a client gets `http_status`, and telemetry the `reason`.
    """

    response: Any = field(default_factory=dict)
    http_status: int = 403
    reason: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """What a callback returns to end the conversation.

    The client hears `phx_close` if `reason` is "normal", "shutdown" or ("shutdown", ...), else `phx_error`,
    whose payload says `{"reason": "stopped"}` and not what `reason` is.
    `reply` answers the message at hand first (only from `handle_in`).
    """

    reason: object = NORMAL
    reply: Reply | None = None


class UnknownEvent(Exception):
    """What `handle_in` raises for an event it does not know: `raise UnknownEvent(event)`.

    It is the client's mistake: the conversation ends like after a crash, but with one line in the log.
    """

    def __init__(self, event: str) -> None:
        super().__init__(event)
        self.event = event


class Channel:
    """The callbacks of one conversation."""

    __slots__ = ()

    intercepts: ClassVar[frozenset[str]] = frozenset()
    """Broadcast events that go through `handle_out`, one call per client; all others go past the channel."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        """Let the client in or not. What is broadcast on `topic` from before this call reaches the client
        right after the reply.
        """
        raise NotImplementedError(f"{type(self).__name__} must define join(topic, payload, socket)")

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply | Stop | None:
        """Take an event of the client. None: no reply. Raise UnknownEvent for one that there is not."""
        raise UnknownEvent(event)

    def handle_info(self, message: Any, socket: ChannelSocket) -> Stop | None:
        """Take mail of another process (`socket.send_self`, timers, broadcasts of other topics)."""
        log.warning("%s got mail it does not handle: %s", type(self).__name__, type(message).__name__)
        return None

    def handle_out(self, event: str, payload: Any, socket: ChannelSocket) -> Stop | None:
        """Pass on, change or drop an intercepted broadcast."""
        socket.push(event, payload)
        return None

    def terminate(self, reason: object, socket: ChannelSocket) -> None:
        """Clean up at the end: ("shutdown", "left" | "closed" | "duplicate_join"), a Stop's reason, or the
        exception of a crash.
        """
