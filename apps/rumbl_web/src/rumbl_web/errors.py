"""From an exception to an error page, in one place."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from rumbl_core.errors import NotFound, Unavailable
from rumbl_web import telemetry
from rumbl_web.views import error_view

# What a context may raise, and the status it is told as. Everything else is a bug of ours: 500.
STATUS_OF: Final[dict[type[Exception], HTTPStatus]] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def register(app: Flask) -> None:
    """Answer every HTTP error, and every exception of the table, with a page of its own."""
    app.register_error_handler(HTTPException, _from_http)
    for exception, status in STATUS_OF.items():
        app.register_error_handler(exception, lambda _error, status=status: page(status))


def page(status: int, explanation: str | None = None) -> Response:
    """The error page of `status`. It stands alone: no layout, no current user, no database."""
    html = error_view.page(status, explanation, telemetry.request_id())
    return Response(html if wants_html() else error_view.phrase(status), status, mimetype=_mimetype())


def wants_html() -> bool:
    """Whether the client takes HTML; one that says nothing does."""
    accepted = request.accept_mimetypes
    return not accepted.provided or accepted["text/html"] > 0


def _mimetype() -> str:
    return "text/html" if wants_html() else "text/plain"


def _from_http(error: HTTPException) -> Response:
    """Keep the headers that belong to the status, such as Allow with 405."""
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return Response(error.get_response(request.environ).get_data(), status, error.get_headers())
    said_by_us = error.description if error.description != type(error).description else None
    answer = page(status, said_by_us if status < HTTPStatus.INTERNAL_SERVER_ERROR else None)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer
