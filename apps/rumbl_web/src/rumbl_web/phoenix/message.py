"""The three things that travel between clients and channels, apart from how they are written on the wire.

Field names are those of the protocol (V2: `[join_ref, ref, topic, event, payload]`). Refs are chosen by the
client and are echoed with the JSON type they came in, so they are plain objects here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

PHX_JOIN: Final = "phx_join"
PHX_LEAVE: Final = "phx_leave"
PHX_REPLY: Final = "phx_reply"
PHX_CLOSE: Final = "phx_close"
PHX_ERROR: Final = "phx_error"
HEARTBEAT: Final = "heartbeat"
DISCONNECT: Final = "disconnect"

PHOENIX_TOPIC: Final = "phoenix"
"""The topic of the socket itself: only heartbeats go there."""


@dataclass(slots=True)
class Message:
    """One event, from a client to its channel or pushed to one client. Treat as frozen.

    `payload` is any JSON value, or bytes for a binary message.
    """

    join_ref: Any
    ref: Any
    topic: str
    event: str
    payload: Any


@dataclass(slots=True)
class Reply:
    """The answer to the message with this `ref`: status "ok" or "error". Treat as frozen."""

    join_ref: Any
    ref: Any
    topic: str
    status: str
    payload: Any


@dataclass(slots=True)
class Broadcast:
    """One event for every subscriber of `topic`. Treat as frozen: all subscribers share it."""

    topic: str
    event: str
    payload: Any
