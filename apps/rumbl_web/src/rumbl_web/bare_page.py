"""An error page made of nothing but this text, for when templates or the whole application can't help."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Final

HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "connection": "close",
}
"""What an answer needs that no endpoint sends."""
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{phrase} · rumbl</title>
</head>
<body>
  <main>
    <h1>{phrase}</h1>
    <p>{text}</p>{request}
  </main>
</body>
</html>
"""


def phrase(status: int) -> str:
    """The standard phrase of `status`: 404 is "Not Found". An unknown one counts as 500."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return HTTPStatus.INTERNAL_SERVER_ERROR.phrase


def html(status: int, text: str, request_id: str = "") -> str:
    """A page with the phrase of `status`, `text`, and the request's id if there is one."""
    shown_id = f"\n    <p>Request {escape(request_id)}</p>" if request_id else ""
    return _PAGE.format(phrase=escape(phrase(status)), text=escape(text), request=shown_id)


def answer(status: int, text: str) -> bytes:
    """A whole HTTP answer, after which the connection ends."""
    body = html(status, text).encode()
    fields = {**HEADERS, "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {phrase(status)}\r\n{head}\r\n".encode() + body
