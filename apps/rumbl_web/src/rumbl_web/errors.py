"""From an exception to an error page, in one place.

People get a page, programs that ask for it get JSON, the rest one line of text. No answer needs a user, a
session or the database; if even the template of the page fails, there is a page without any.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException

from rumbl_core.errors import NotFound, Unavailable
from rumbl_web import accepted, auth, bare_page, telemetry
from rumbl_web.gettext import gettext
from rumbl_web.views import error_view

log = logging.getLogger(__name__)

HTML: Final = "text/html"
JSON: Final = ("application/json", "application/problem+json")
PLAIN: Final = "text/plain"
DATABASE_RETRY_S: Final = 5
"""When to ask again while the database is away or its connections are taken."""


def register(app: Flask) -> None:
    """Answer every HTTP error, and what a context may raise, with a page of its own.

    Everything else is a bug of ours: 500, by way of Flask's own InternalServerError.
    """
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(NotFound, lambda _error: page(HTTPStatus.NOT_FOUND))
    app.register_error_handler(Unavailable, _from_unavailable)


def page(status: int, explanation: str | None = None, retry_after_s: int | None = None) -> Response:
    """The error page of `status`, in the form that the client takes. `explanation` replaces the usual one."""
    mimetype = _mimetype()
    try:
        text = gettext(explanation) if explanation else error_view.explanation(status, retry_after_s)
        body = _body(mimetype, status, text)
    except Exception:
        log.exception("the error page of a %d failed too id=%s", status, telemetry.request_id())
        mimetype, body = HTML, bare_page.html(status, "Something broke on our side.", telemetry.request_id())
    answer = Response(body, status, mimetype=mimetype)
    if retry_after_s is not None:
        answer.headers["retry-after"] = str(retry_after_s)
    return answer


def wants_html() -> bool:
    """Whether the client takes HTML; one that says nothing does."""
    return _taken(request.headers.get("accept", ""))[0]


def _mimetype() -> str:
    return _taken(request.headers.get("accept", ""))[1]


@lru_cache(maxsize=128)
def _taken(header: str) -> tuple[bool, str]:
    """Whether who says this takes HTML, and as what an error is told. The header taken apart is large."""
    taken = accepted.parse(header, MIMEAccept)
    if not taken.provided:
        return True, HTML
    return taken[HTML] > 0, taken.best_match((HTML, *JSON, PLAIN), PLAIN)


def _body(mimetype: str, status: int, text: str) -> str:
    if mimetype in JSON:
        return json.dumps(error_view.document(status, text, telemetry.request_id()))
    if mimetype == PLAIN:
        return bare_page.phrase(status)
    may_repeat = request.method in {"GET", "HEAD"} and status in {408, 429, *range(500, 600)}
    return error_view.page(status, text, telemetry.request_id(), may_repeat=may_repeat, back=_back())


def _back() -> str | None:
    """The page of ours that the request came from."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return None
    if came_from.netloc != request.host:
        return None
    return auth.local_path(came_from._replace(scheme="", netloc="", fragment="").geturl())


def _from_unavailable(error: Unavailable) -> Response:
    log.warning("answered with 503: %s id=%s", error, telemetry.request_id())
    return page(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=DATABASE_RETRY_S)


def _from_http(error: HTTPException) -> Response:
    """Keep the headers that belong to the status, such as Allow with 405."""
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return Response(error.get_response(request.environ).get_data(), status, error.get_headers())
    said_by_us = error.description if error.description != type(error).description else None
    wait = getattr(error, "retry_after", None)
    answer = page(
        status,
        said_by_us if status < HTTPStatus.INTERNAL_SERVER_ERROR else None,
        wait if isinstance(wait, int) else None,
    )
    for name, value in error.get_headers(request.environ):
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer
