"""What a reverse proxy hides from the site: the path it is mounted at, and who really asks.

A site at https://example.org/rumbl has that address as its RUMBL_URL. Whether the proxy passes
`/rumbl/watch/1` on as it is or without its beginning, the page is the same and its links are right.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

log = logging.getLogger(__name__)
_WITH_PORT: Final = re.compile(r"(?:([0-9.]+)|\[([^]]*)\])(?::[0-9]{1,5})?")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def origin(url: str) -> str:
    """`url` without its path.

    >>> origin("https://example.org/rumbl")
    'https://example.org'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def prefix(url: str | None) -> str:
    """The path that the site at `url` is mounted at, "" for the root."""
    return urlsplit(url).path.rstrip("/") if url else ""


def address(told: str) -> str | None:
    """The address in what a proxy wrote, without a port; None if there is none.

    >>> address("192.0.2.7:4711"), address("[2001:db8::7]:4711"), address("2001:db8::7"), address("unknown")
    ('192.0.2.7', '2001:db8::7', '2001:db8::7', None)
    """
    found = _WITH_PORT.fullmatch(told)
    try:
        return str(ip_address((found[1] or found[2]) if found else told))
    except ValueError:
        return None


def install(app: Flask, url: str | None, trusted: int) -> None:
    """Mount `app` at the path of `url`, and believe `trusted` proxies in who the client is."""
    path = prefix(url)
    wsgi: Wsgi = app.wsgi_app
    if path:
        wsgi = Prefix(wsgi, path)
    if trusted:
        wsgi = ProxyFix(Client(wsgi), x_for=trusted, x_proto=trusted, x_host=0, x_port=0, x_prefix=0)
    app.wsgi_app = wsgi  # type: ignore[method-assign,assignment]  # Flask wants it so, but not its types


class Prefix:
    """Moves the beginning of the path from what is asked for to where the site is."""

    def __init__(self, wsgi: Wsgi, path: str) -> None:
        self._wsgi = wsgi
        self._path = path

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        asked: str = environ.get("PATH_INFO", "")
        if asked == self._path or asked.startswith(f"{self._path}/"):
            environ["PATH_INFO"] = asked[len(self._path) :] or "/"
        environ["SCRIPT_NAME"] = self._path
        return self._wsgi(environ, start_response)


class Client:
    """Takes the address out of what a trusted proxy says of the client; the peer's own if it says none.

    Whoever counts by address counts all of those as one, so it is logged, once.
    """

    def __init__(self, wsgi: Wsgi) -> None:
        self._wsgi = wsgi
        self._logged = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request, as ProxyFix hands it on."""
        told, peer = environ.get("REMOTE_ADDR"), environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]
        if told is not None and told != peer:
            environ["REMOTE_ADDR"] = address(told) or self._peer(told, peer)
        return self._wsgi(environ, start_response)

    def _peer(self, told: str, peer: str | None) -> str:
        if not self._logged:
            self._logged = True
            log.warning(
                "X-Forwarded-For: %r is no address, so its client counts as %s; "
                "let the proxy write addresses. This is said once.",
                told[:100],
                peer,
            )
        return peer or ""
