"""An id and a log line for every request.

The line has method, path, status, milliseconds, user and request id. Parameters are written at level DEBUG
only, with everything that looks like a secret masked. What a client chose is quoted: a line stays one line.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, g, request

from rumbl_web import params

HEADER = "x-request-id"
MASK = "[FILTERED]"
log = logging.getLogger("rumbl_web.request")
_SECRET_NAMES = re.compile(r"password|token|secret|authorization|cookie", re.IGNORECASE)
# Plug.RequestId keeps a client's id of 20 to 200 bytes; we also ask for plain characters, for the log's sake.
_ID = re.compile(r"\A[A-Za-z0-9._~+/=-]{20,200}\Z")


def start() -> None:
    """Note the time and choose the request's id: the client's if it is sane, else a new one."""
    g.started = time.perf_counter()
    given = request.headers.get(HEADER, "")
    g.request_id = given if _ID.match(given) else secrets.token_urlsafe(15)


def finish(response: Response) -> Response:
    """Send the id along and write the line."""
    response.headers[HEADER] = request_id()
    spent_ms = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
    user = getattr(g.get("current_user"), "id", None)
    line = "%s %s %d in %.1f ms user=%s id=%s"
    log.info(line, request.method, quote(request.path), response.status_code, spent_ms, user, request_id())
    if log.isEnabledFor(logging.DEBUG):
        log.debug("parameters %r id=%s", _filtered_parameters(), request_id())
    return response


def request_id() -> str:
    """Id of the request in progress."""
    return str(g.get("request_id", "-"))


def filtered(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with secrets masked, at every depth."""
    return {key: _filter(key, value) for key, value in values.items()}


def _filter(key: str, value: Any) -> Any:
    if _SECRET_NAMES.search(key):
        return MASK
    return filtered(value) if isinstance(value, Mapping) else value


def _filtered_parameters() -> dict[str, Any]:
    return filtered(params.nest((*request.args.items(multi=True), *request.form.items(multi=True))))
