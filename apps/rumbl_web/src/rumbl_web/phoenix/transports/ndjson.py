"""The body of a client's POST: newline-delimited JSON, with binary messages in base64 between.

A line that begins with `[` (or `{`, as protocol version 1 writes it) is a text message; any other that is not
empty is base64 of a binary one. A body of any other content type is one text message.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from rumbl_web.phoenix.transports import frames

CONTENT_TYPE: Final = "application/x-ndjson"
MAX_LINES: Final = 1000
"""phoenix.js sends 100 at most."""

_TOO_BIG = 1009
_NOT_UTF8 = 1007
_BROKEN_MESSAGE = 1011


class BadBody(Exception):
    """Nothing of the body is taken. `code` is what a WebSocket would be closed with for the same."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def messages(content_type: str, body: bytes, max_message: int) -> list[frames.Event]:
    """Return opcode and payload of each message of `body`. Raises BadBody.

    >>> messages("application/x-ndjson", b'["1"]\\n\\nAAE=\\n', 100)
    [(1, b'["1"]'), (2, b'\\x00\\x01')]
    """
    lines = body.split(b"\n") if content_type == CONTENT_TYPE else [body]
    lines = [line for line in (line.removesuffix(b"\r") for line in lines) if line]
    if len(lines) > MAX_LINES:
        raise BadBody(_TOO_BIG, f"more than {MAX_LINES} messages at once")
    found = [_message(line) if content_type == CONTENT_TYPE else (frames.TEXT, line) for line in lines]
    for opcode, payload in found:
        _check(opcode, payload, max_message)
    return found


def _message(line: bytes) -> frames.Event:
    if line[:1] in (b"[", b"{"):
        return frames.TEXT, line
    try:
        return frames.BINARY, base64.b64decode(line, validate=True)
    except binascii.Error:
        raise BadBody(_BROKEN_MESSAGE, "a line is neither JSON nor base64") from None


def _check(opcode: int, payload: bytes, max_message: int) -> None:
    if len(payload) > max_message:
        raise BadBody(_TOO_BIG, "message too big")
    if opcode == frames.TEXT and not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError:
            raise BadBody(_NOT_UTF8, "a text message is not UTF-8") from None
