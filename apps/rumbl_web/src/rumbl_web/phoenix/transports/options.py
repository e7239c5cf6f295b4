"""The limits of the hub and of clients. Every queue and every wait of the hub is bounded by a number here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may do. All clients of a mount share one object. Sizes in bytes, times in seconds."""

    idle_timeout_s: float = 60.0
    """A client that sent nothing for this long (to 7 % more) is closed with 1001."""

    max_frame: int = 64 << 10
    """A bigger frame of a client closes its connection with 1009."""

    max_message: int = 64 << 10
    """The same for the sum of a message's fragments."""

    rate_per_s: int | None = 30
    """Frames per second that one client may send for long; None is no limit. Over it: 1008."""

    rate_burst: int = 60
    """How many it may send at once before `rate_per_s` counts."""

    cost: int = field(init=False)
    """One frame's share of the rate, in µs; 0 is no limit."""

    patience: int = field(init=False)
    """How many µs of its rate a client may use up ahead of time."""

    def __post_init__(self) -> None:
        cost = 1_000_000 // self.rate_per_s if self.rate_per_s else 0
        object.__setattr__(self, "cost", cost)
        object.__setattr__(self, "patience", cost * self.rate_burst)


@dataclass(frozen=True, slots=True)
class PollOptions:
    """How the long-poll sessions of a mount are kept. Sizes in bytes, times in seconds."""

    window_s: float = 10.0
    """A poll is answered after this long though there is nothing to tell (204). A client that lets one and a
    half of them pass without a poll has left."""

    max_body: int = 1 << 20
    """A bigger POST is refused as a whole (413)."""

    answer_timeout_s: float = 5.0
    """How long a POST waits for the hub, which needs some microseconds."""

    most_asking: int = 4
    """Request threads that may wait for the word of other nodes at a time: a node that is gone says none."""


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Sizes in bytes, times in seconds (`_s`)."""

    limits: Limits = Limits()
    """What a client may do unless its mount says otherwise."""

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

    max_connections: int = 100_000
    """Upgrades over it, or over what the process has descriptors for, are refused with 503."""

    max_backlog: int = 50_000
    """Calls that may wait for the hub; over it, a calling thread waits for room, a second at most."""

    batches: bool = True
    """Write fan-outs by io_uring where the kernel lets us."""

    slice_size: int = 500
    """Writes of a fan-out before the hub looks at its sockets again."""
