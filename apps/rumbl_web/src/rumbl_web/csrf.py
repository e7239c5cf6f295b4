"""Protection against forged requests: every unsafe method must bring the token of its session.

The secret lives in the session. Pages carry it masked with fresh random bytes, so that no two pages look
alike and compression cannot leak it (the BREACH attack).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

from flask import abort, request, session

from rumbl_web.gettext import noop

FIELD = "_csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION_KEY = "csrf"
_LENGTH = 32  # bytes of secret
REFUSAL = noop("This form is too old or came from another site. Go back, reload the page and send it again.")


def protect() -> None:
    """Answer 403 to an unsafe request without a valid token. Runs before any action."""
    if request.method in SAFE_METHODS:
        return
    given = request.form.get(FIELD) or request.headers.get(HEADER, "")
    if not is_valid(given, str(session.get(_SESSION_KEY, ""))):
        abort(403, REFUSAL)


def token() -> str:
    """A masked token for a form on the page being made."""
    if _SESSION_KEY not in session:
        session[_SESSION_KEY] = secrets.token_hex(_LENGTH)
    return mask(session[_SESSION_KEY])


def mask(secret: str) -> str:
    """`secret` (hex) under a new random mask: the mask, then the two combined."""
    pad = secrets.token_bytes(_LENGTH)
    return base64.urlsafe_b64encode(pad + _xor(pad, bytes.fromhex(secret))).decode()


def is_valid(masked: str, secret: str) -> bool:
    """Whether `masked` was made from `secret`. Every wrong token of the right size takes the same time."""
    try:
        raw = base64.urlsafe_b64decode(masked.encode())
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * _LENGTH or not secret:
        return False
    return hmac.compare_digest(_xor(raw[:_LENGTH], raw[_LENGTH:]).hex(), secret)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(_LENGTH)
