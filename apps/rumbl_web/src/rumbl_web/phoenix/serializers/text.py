"""JSON as every protocol version writes it.

Dataclasses are refused although orjson could write them: an object of the domain must never reach a client
because somebody forgot to render it.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from rumbl_web.phoenix.serializer import DecodeError

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATACLASS
_loads: Final = orjson.loads
_dumps: Final = orjson.dumps


def read(data: bytes) -> Any:
    """Read one JSON value. Raises DecodeError."""
    try:
        return _loads(data)
    except orjson.JSONDecodeError as error:
        raise DecodeError("not JSON") from error


def write(value: Any) -> bytes:
    """Write one JSON value; keys that are no strings become strings. Raises TypeError for what is no JSON."""
    # Strict first: other keys cost a second, slower pass only where they occur (ids as keys).
    try:
        return _dumps(value, option=_OPTIONS)
    except TypeError:
        return _dumps(value, option=_OPTIONS | orjson.OPT_NON_STR_KEYS)


def must_be_echoable(*fields: Any) -> None:
    """Check refs, topic or event of a client, which may be any JSON: what is nested too deep can be read, but
    not be written into an answer. Raises DecodeError.
    """
    for field in fields:
        if type(field) in (list, dict):
            try:
                _dumps([[field]])
            except TypeError as error:
                raise DecodeError("a ref, topic or event is nested too deep") from error
