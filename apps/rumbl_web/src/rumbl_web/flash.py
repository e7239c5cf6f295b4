"""Short notices for the user, of the kinds "info" and "error".

A notice outlives its request only when the answer is a redirect; otherwise it belongs to that answer and to
no later one (the rule of Phoenix's `fetch_flash`). Flask's own `flash` keeps one until somebody reads it.
"""

from __future__ import annotations

from typing import Literal, cast

from flask import Response, g, session

Kind = Literal["info", "error"]
KINDS: tuple[Kind, ...] = ("info", "error")
_SESSION_KEY = "flash"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def fetch() -> None:
    """Take what the last answer left in the session. Runs at the start of every page request."""
    g.flash = dict(session.pop(_SESSION_KEY)) if _SESSION_KEY in session else {}


def put(kind: Kind, text: str) -> None:
    """Show `text` on the page that comes next: this answer, or the one it redirects to."""
    _notices()[kind] = text


def get(kind: Kind) -> str:
    """The notice of one kind, "" when there is none."""
    return _notices().get(kind, "")


def persist(response: Response) -> Response:
    """Hand the notices on to the next request if `response` is a redirect."""
    if _notices() and response.status_code in _REDIRECTS:
        session[_SESSION_KEY] = _notices()
    return response


def _notices() -> dict[str, str]:
    if "flash" not in g:
        g.flash = {}
    return cast("dict[str, str]", g.flash)
