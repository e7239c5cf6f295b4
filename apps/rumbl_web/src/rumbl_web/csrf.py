"""Protection against forged requests: every unsafe method must bring the token of its session.

The secret lives in the session. Pages carry it masked with fresh random bytes, so that no two pages look
alike and compression cannot leak it (the BREACH attack).

A form that every page has, and that changes nothing but how this browser shows the site, goes without: it
would give a session to all who only read. The browser must say that a page of ours sent it (ADR 12).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from urllib.parse import urlsplit

from flask import abort, request, session

from rumbl_web.gettext import noop

FIELD = "_csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION_KEY = "csrf"
_LENGTH = 32  # bytes of secret
REFUSAL = noop("This form is too old or came from another site. Go back, reload the page and send it again.")


def protect(*, by_origin: bool = False) -> None:
    """Answer 403 to an unsafe request without a valid token. Runs before any action.

    `by_origin` lets one pass as well that a page of ours sent, token or not.
    """
    if request.method in SAFE_METHODS or (by_origin and comes_from_here()):
        return
    given = request.form.get(FIELD) or request.headers.get(HEADER, "")
    if not is_valid(given, str(session.get(_SESSION_KEY, ""))):
        abort(403, REFUSAL)


def comes_from_here() -> bool:
    """Whether the browser says that a page of this site sent the request; what says nothing does not.

    What a page can't set is asked, the plainest first. Sec-Fetch-Site comes on HTTPS, and on the machine
    itself; Origin is "null" where it is withheld.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("origin") or request.referrer or "").netloc == request.host
    except ValueError:
        return False


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
