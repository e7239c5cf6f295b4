"""A hook to watch the runtime: every handler is called with each event's name, measurements and metadata.

Events: `socket.connected`, `channel.joined` and `channel.handled_in` (each with `duration_s`). Handlers run
on the thread that made the event: they must be quick. Nobody listening costs one look at an empty tuple.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

Handler = Callable[[str, dict[str, float], dict[str, Any]], None]

log = logging.getLogger(__name__)
_handlers: tuple[Handler, ...] = ()


def attach(handler: Handler) -> None:
    """Have `handler` called with every event from now on."""
    global _handlers  # noqa: PLW0603  # replaced as a whole, so readers need no lock
    _handlers = (*_handlers, handler)


def detach(handler: Handler) -> None:
    """Stop calling `handler`."""
    global _handlers  # noqa: PLW0603  # as in attach
    _handlers = tuple(h for h in _handlers if h != handler)


def start() -> float:
    """Give a start time for `stop`; 0.0 when nobody listens, so that nothing is measured."""
    return perf_counter() if _handlers else 0.0


def stop(name: str, started: float, **metadata: object) -> None:
    """Emit `name` with the seconds since `started`, unless that is 0.0."""
    if not started:
        return
    measurements = {"duration_s": perf_counter() - started}
    for handler in _handlers:
        try:
            handler(name, measurements, metadata)
        except Exception:
            log.exception("a telemetry handler failed on %s", name)
