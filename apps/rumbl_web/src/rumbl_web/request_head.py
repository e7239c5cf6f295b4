"""What the bytes of a request's beginning say, before anybody reads it as a request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

MAX: Final = 32 << 10
"""Bytes; a longer head is not waited for."""

END: Final = b"\r\n\r\n"
_BODY: Final = re.compile(rb"\r\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_SHORT_BODY: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE)
_ASKS_FIRST: Final = re.compile(rb"\r\nexpect:", re.IGNORECASE)


def spelled_plainly(head: bytes) -> bytes:
    """The head as it will be read: empty lines before it and percent signs are no way around a line."""
    head = head.lstrip(b"\r\n")
    start, _, rest = head.partition(b"\r\n")
    if b"%" not in start:
        return head
    return b"%b\r\n%b" % (b"".join(unquote_to_bytes(start).splitlines()), rest)


def upgrades(rules: Iterable[str]) -> re.Pattern[bytes]:
    """How requests for a WebSocket at these rules of a URL map begin, wherever the site is mounted."""
    paths = "|".join(re.sub(r"<[^>]*>", "[^/? ]+", rule) for rule in rules) or "(?!)"
    header = r"\r\n(?i:upgrade:[ \t]*websocket)"
    return re.compile(rf"\AGET [^?# ]*?(?:{paths})(?:\?[^ ]*)? .*?{header}".encode(), re.DOTALL)


def is_enough(data: bytes) -> bool:
    """Whether a thread need not wait for more, or should not."""
    end = data.find(END)
    if end < 0:
        return len(data) >= MAX
    head = data[: end + 2]
    body = _SHORT_BODY.search(head)
    # A client that asks first waits for an answer to its head.
    if body is None or _ASKS_FIRST.search(head):
        return True
    return _has_come(data, end, body)


def is_whole(data: bytes) -> bool:
    """Whether the body has come with its head, or there is none."""
    end = data.find(END)
    head = data[: end + 2]
    if not _BODY.search(head):
        return True
    body = _SHORT_BODY.search(head)
    return body is not None and _has_come(data, end, body)


def _has_come(data: bytes, end: int, body: re.Match[bytes]) -> bool:
    return len(data) >= end + len(END) + int(body[1])
