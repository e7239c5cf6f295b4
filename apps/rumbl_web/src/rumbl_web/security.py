"""Headers that tell a browser what a page of ours may do. Every answer has them, errors and files too."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

# The players of YouTube and Vimeo bring a script and a frame each; nothing else comes from elsewhere.
PLAYER_SCRIPTS: Final = ("https://www.youtube.com", "https://player.vimeo.com")
PLAYER_FRAMES: Final = (*PLAYER_SCRIPTS, "https://www.youtube-nocookie.com")
ASK_AGAIN: Final = "max-age=0, private, must-revalidate"
HSTS_SECONDS: Final = 63_072_000  # two years, the figure of OWASP's HTTP headers sheet
_NONCE: Final = "\0"
"""Where the nonce goes: no host has this."""
_AUTHORITY = re.compile(r"\A(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z")

STEADY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-download-options": "noopen",
    "x-permitted-cross-domain-policies": "none",
    "cross-origin-opener-policy": "same-origin",
    # YouTube refuses to play in a page that sends no referrer at all.
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def nonce() -> str:
    """This answer's nonce for a script tag of our own."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_connect(url: str | None) -> None:
    """Let this answer's page fetch from the origin of `url` (an HLS player loads its segments by script)."""
    parts = urlsplit(url or "")
    if parts.scheme in {"http", "https"} and _AUTHORITY.match(parts.netloc):
        g.csp_connect = f"{parts.scheme}://{parts.netloc}"


def put_headers(response: Response) -> Response:
    """Set the headers of this module, and make a page without a word about caching private.

    A member's page is not kept at all: who comes after a log-out and goes back must not see it. Nothing is
    set for an upgrade: its answer, which no browser shows, went out before.
    """
    if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
        return response
    there = {name.lower() for name, _ in response.headers}
    for name, value in STEADY_HEADERS.items():
        if name not in there:
            response.headers.add(name, value)
    response.headers["content-security-policy"] = policy()
    if "cache-control" not in there:
        response.headers["cache-control"] = "no-store" if g.get("current_user") else ASK_AGAIN
    return response


def hsts(app: Flask) -> None:
    """Tell browsers to use HTTPS only. For sites whose cookie is HTTPS only as well."""

    def put_hsts(response: Response) -> Response:
        response.headers["strict-transport-security"] = f"max-age={HSTS_SECONDS}"
        return response

    app.after_request(put_hsts)


def policy() -> str:
    """The content security policy of the answer in progress."""
    host = request.headers.get("host", "")
    known = host if _AUTHORITY.match(host) else ""
    return _policy(known, g.get("csp_connect")).replace(_NONCE, nonce())


@lru_cache(maxsize=64)
def _policy(host: str, connect: str | None) -> str:
    """The policy of a host's pages, with a place for the nonce."""
    directives = {
        "default-src": ("'self'",),
        "script-src": ("'self'", f"'nonce-{_NONCE}'", *PLAYER_SCRIPTS),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:", "https:"),
        "media-src": ("'self'", "https:", "http:", "blob:"),
        "connect-src": ("'self'", *_socket_origins(host), *filter(None, [connect])),
        "frame-src": PLAYER_FRAMES,
        "worker-src": ("'self'", "blob:"),
        "form-action": ("'self'",),
        "frame-ancestors": ("'self'",),
        "object-src": ("'none'",),
        "base-uri": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _socket_origins(host: str) -> tuple[str, ...]:
    """Our own host as a socket address: older browsers do not count it as 'self'."""
    return (f"ws://{host}", f"wss://{host}") if host else ()
