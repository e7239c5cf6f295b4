"""The opening handshake of RFC 6455, section 4.2, as the server sees it. No input or output."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"
_KEY_BYTES = 16


def problem(environ: Mapping[str, object]) -> str | None:
    """Return what is wrong with the request of a WSGI environment, in words for its developer; None if
    nothing.

    That it asks for an upgrade to websocket is the router's business and not looked at again.
    """
    version = environ.get("HTTP_SEC_WEBSOCKET_VERSION")
    if version != _VERSION:
        return f"the Sec-WebSocket-Version header must be {_VERSION}"
    if not _is_key(str(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))):
        return "the Sec-WebSocket-Key header must be 16 bytes in base64"
    has_length = environ.get("CONTENT_LENGTH") not in (None, "", "0")
    if has_length or environ.get("HTTP_TRANSFER_ENCODING"):
        return "an upgrade has no body"
    return None


def switching_protocols(key: str) -> bytes:
    """Return the head of the 101 answer. Extensions and subprotocols are left unanswered: none is used."""
    digest = hashlib.sha1((key + _GUID).encode("latin-1"), usedforsecurity=False).digest()
    accept = base64.b64encode(digest)
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
