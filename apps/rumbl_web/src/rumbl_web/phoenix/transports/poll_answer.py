"""What a poll is answered with: a JSON body, whose `status` is the real one, in an HTTP answer of the hub's.

Text messages are strings. So are binary ones, in base64, like those that clients post: JSON has nothing
better, and a text message never looks like that since it begins with `[` or `{`. (phoenix.js takes every
message of a poll for JSON text, so it can't read binary ones over this transport, whatever they look like.)
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from rumbl_web.phoenix.transports import frames

OK: Final = 200
NO_MESSAGES: Final = 204
BAD_MESSAGE: Final = 400
FORBIDDEN: Final = 403
GONE: Final = 410
TOO_BIG: Final = 413
TOO_MANY: Final = 429
FAILED: Final = 500

_REASONS: Final = {
    BAD_MESSAGE: "not a message of this protocol",
    TOO_MANY: "too many messages",
    FAILED: "the server failed on a message",
}
_NOT_OURS: Final = frozenset({"connection", "content-length", "date"})


def body(status: int, **more: Any) -> bytes:
    """Return the JSON of an answer without messages.

    >>> body(410)
    b'{"status":410}'
    """
    return orjson.dumps({**more, "status": status})


def posted(status: int) -> bytes:
    """Return the JSON of an answer to a POST, with the reason if there is one.

    >>> posted(429)
    b'{"reason":"too many messages","status":429}'
    """
    reason = _REASONS.get(status)
    return body(status) if reason is None else body(status, reason=reason)


def polled(status: int, token: str | None, chunks: Iterable[bytes] = ()) -> bytes:
    """Return the JSON of an answer to a poll; a chunk is one frame as the hub makes them, or several."""
    messages = [_text(*event) for chunk in chunks for event in frames.decode_own(chunk)]
    return orjson.dumps({"messages": messages, "status": status, "token": token})


def head(headers: Headers) -> bytes:
    """Return the beginning of an HTTP answer with these headers; `whole` makes it complete.

    The connection ends with the answer: its WSGI server has given it away and can't read another request.
    """
    lines = [f"{name}: {value}" for name, value in headers if name.lower() not in _NOT_OURS]
    ours = [f"Date: {http_date()}", "Connection: close"]
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, *ours, ""]).encode("latin-1")


def whole(beginning: bytes, content: bytes) -> bytes:
    """Return the complete HTTP answer."""
    return b"%bContent-Length: %d\r\n\r\n%b" % (beginning, len(content), content)


def size(batch: Sequence[bytes]) -> int:
    """Return how many messages `batch` has."""
    return sum(1 for chunk in batch for _ in frames.decode_own(chunk))


def _text(opcode: int, payload: bytes) -> str:
    return payload.decode() if opcode == frames.TEXT else base64.b64encode(payload).decode()
