"""A hook to watch the runtime: every handler is called with each event's name, measurements and metadata.

    def count(name, measurements, metadata):
        metrics[name].observe(measurements.get("duration_s", 0))

    telemetry.attach(count)

`EVENTS` lists what is told; what can be asked at any moment (connections, queue lengths) is in `gauges`.

Handlers run on the thread that made the event, some of them on the hub's: they must be quick. One that raises
is logged and detached, since it would fail at every event, and in the midst of other people's work. Nobody
listening costs one look at an empty tuple per event; nothing at all is told per frame or per subscriber.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

Handler = Callable[[str, dict[str, float], dict[str, Any]], None]

log = logging.getLogger(__name__)
_handlers: tuple[Handler, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event: when it is told, its measurements and its metadata."""

    name: str
    when: str
    measurements: tuple[str, ...]
    metadata: tuple[str, ...]


EVENTS: Final = (
    Event(
        "transport.refused",
        "a request did not come as far as its socket: its `origin`, no room (`full`), no proper `handshake`",
        (),
        ("reason",),
    ),
    Event("socket.connected", "a socket was accepted", ("duration_s",), ("socket",)),
    Event(
        "socket.refused",
        "it was not: its `version`, its `connect` (the site's own no), it was `disconnected` meanwhile, or "
        "its id has `too many sockets`",
        ("duration_s",),
        ("socket", "reason"),
    ),
    Event(
        "socket.disconnected",
        "it ended; code 1001 idle or sent away, 1006 network, 1008 too many messages, 1009 too large, "
        "1012 drained, 1013 slow reader, others the client's own",
        ("channels",),
        ("socket", "code"),
    ),
    Event("channel.joined", "a client was let in", ("duration_s",), ("channel", "topic")),
    Event(
        "channel.refused",
        "it was not, or `join` crashed",
        ("duration_s",),
        ("channel", "topic", "response"),
    ),
    Event(
        "channel.handled_in",
        "a client's event was handled, or crashed its channel; so many messages wait behind it",
        ("duration_s", "waiting"),
        ("channel", "event"),
    ),
    Event(
        "channel.left",
        "a joined channel ended as it should: left, closed with its socket, replaced, stopped",
        (),
        ("channel", "topic", "reason"),
    ),
    Event(
        "channel.crashed",
        "it ended by an exception or a kill, or was too slow for what it intercepts",
        (),
        ("channel", "topic", "reason"),
    ),
    Event(
        "pubsub.broadcast",
        "something was said on a topic on this node",
        ("duration_s",),
        ("topic", "event"),
    ),
    Event(
        "pubsub.fanned_out",
        "it went to the subscribers here, also if another node said it: once, however many there are",
        ("subscribers",),
        ("topic", "event"),
    ),
    Event(
        "pubsub.gap",
        "some node was without the others, or said too much: so many seconds of theirs may be missing here",
        ("seconds",),
        (),
    ),
    Event(
        "hub.behind",
        "a thread had to wait, because so many calls waited for the hub",
        ("duration_s", "backlog"),
        (),
    ),
    Event("hub.drained", "a hub sent everybody away", ("duration_s", "connections", "left"), ()),
)
"""Every event there is, in the order of a connection's life."""


def attach(handler: Handler) -> None:
    """Have `handler` called with every event from now on."""
    global _handlers  # noqa: PLW0603  # replaced as a whole, so readers need no lock
    _handlers = (*_handlers, handler)


def detach(handler: Handler) -> None:
    """Stop calling `handler`."""
    global _handlers  # noqa: PLW0603  # as in attach
    _handlers = tuple(h for h in _handlers if h != handler)


def listening() -> bool:
    """Whether anybody is attached: ask before an event's measurements are made."""
    return bool(_handlers)


def start() -> float:
    """Give a start time for `stop`; 0.0 when nobody listens, so that nothing is measured."""
    return perf_counter() if _handlers else 0.0


def since(started: float) -> float:
    """The seconds since `started`."""
    return perf_counter() - started


def stop(name: str, started: float, **metadata: object) -> None:
    """Emit `name` with the seconds since `started`, unless that is 0.0."""
    if started:
        emit(name, {"duration_s": since(started)}, **metadata)


def emit(name: str, measurements: Mapping[str, float] | None = None, **metadata: object) -> None:
    """Tell every handler."""
    for handler in _handlers:
        try:
            handler(name, dict(measurements or {}), metadata)
        except Exception:
            log.exception("a telemetry handler failed on %s and is detached: %r", name, handler)
            detach(handler)
