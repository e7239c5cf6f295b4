"""What a reverse proxy hides from the site: the path it is mounted at, and who really asks.

A site at https://example.org/rumbl has that address as its RUMBL_URL. Whether the proxy passes
`/rumbl/watch/1` on as it is or without its beginning, the page is the same and its links are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

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


def install(app: Flask, url: str | None, trusted: int) -> None:
    """Mount `app` at the path of `url`, and believe `trusted` proxies in who the client is."""
    path = prefix(url)
    wsgi: Wsgi = app.wsgi_app
    if path:
        wsgi = Prefix(wsgi, path)
    if trusted:
        wsgi = ProxyFix(wsgi, x_for=trusted, x_proto=trusted, x_host=0, x_port=0, x_prefix=0)
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
