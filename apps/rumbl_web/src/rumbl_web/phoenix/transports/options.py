"""The limits of the hub. Every queue and every wait of it is bounded by a number here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Sizes in bytes, times in seconds (`_s`)."""

    idle_timeout_s: float = 60.0
    """A client that sent nothing for this long (to 7 % more) is closed with 1001."""

    close_timeout_s: float = 5.0
    """How long a close may take, ours or a client's, before the connection is cut."""

    stall_timeout_s: float = 30.0
    """A client that took nothing of its waiting bytes for this long is closed with 1013."""

    outbox_bytes: int = 1 << 20
    """What may wait for one client; a slower reader is closed with 1013."""

    unsent_bytes: int = 128 << 10
    """What the kernel may keep unsent for one client before its outbox is used (TCP_NOTSENT_LOWAT)."""

    held_frames: int = 1000
    """What one held subscription may keep; over it, its connection is closed with 1013."""

    held_bytes: int = 1 << 20

    max_frame: int = 64 << 10
    """A bigger frame of a client closes its connection with 1009."""

    max_message: int = 64 << 10
    """The same for the sum of a message's fragments."""

    rate_per_s: int | None = 30
    """Frames per second that one client may send for long; None is no limit. Over it: 1008."""

    rate_burst: int = 60
    """How many it may send at once before `rate_per_s` counts."""

    max_connections: int = 100_000
    """Upgrades over it, or over what the process has descriptors for, are refused with 503."""

    max_backlog: int = 50_000
    """Calls that may wait for the hub; over it, a calling thread waits for room, a second at most."""

    slice_size: int = 500
    """Writes of a fan-out before the hub looks at its sockets again."""
