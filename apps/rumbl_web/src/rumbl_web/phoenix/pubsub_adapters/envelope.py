"""How a broadcast is written between nodes. Its topic travels beside it.

JSON `[event, payload]`; for a binary payload `[event]`, a line feed (which JSON written by us never holds)
and the bytes as they are.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from rumbl_web.phoenix.message import Broadcast

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATACLASS


def encode(broadcast: Broadcast) -> bytes:
    """Write event and payload. Raises TypeError or ValueError for a payload that is no JSON."""
    if isinstance(broadcast.payload, bytes):
        return orjson.dumps([broadcast.event]) + b"\n" + broadcast.payload
    fields = [broadcast.event, broadcast.payload]
    # Strict first, as the serializers: a second, slower pass only where keys are no strings.
    try:
        return orjson.dumps(fields, option=_OPTIONS)
    except TypeError:
        return orjson.dumps(fields, option=_OPTIONS | orjson.OPT_NON_STR_KEYS)


def decode(topic: str, data: bytes) -> Broadcast:
    """Read what `encode` wrote. Raises ValueError for anything else."""
    head, line_feed, raw = data.partition(b"\n")
    match orjson.loads(head if line_feed else data):
        case [str(event)] if line_feed:
            return Broadcast(topic, event, raw)
        case [str(event), dict(payload)] if not line_feed:
            return Broadcast(topic, event, payload)
        case other:
            raise ValueError(f"no broadcast: {_short(other)}")


def _short(value: Any) -> str:
    return f"{value!r:.100}"
