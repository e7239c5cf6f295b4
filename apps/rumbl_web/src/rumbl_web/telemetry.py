"""An id and a log line for every request.

The line has method, path, status, milliseconds, user and request id. Parameters are written at level DEBUG
only, with everything that looks like a secret masked; so are parts of a path that are secrets (the token of a
mailed link). What a client chose is quoted and cut: a line stays one line.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from rumbl_web import audit, params
from rumbl_web.logs import MASK

HEADER: Final = "x-request-id"
MAX_PATH: Final = 300
"""Characters of a path that are written; the rest is cut off."""
MAX_PARAMETERS: Final = 2_000
QUIET: Final = frozenset({"static_files", "health"})
"""Blueprints whose answers are written at level DEBUG while all is well."""
log = logging.getLogger("rumbl_web.request")
_SECRET_NAMES = re.compile(r"password|token|secret|authorization|cookie", re.IGNORECASE)
_SECRET_PART = re.compile(r"<(?:[^<>:]*:)?[^<>]*(?:password|token|secret)[^<>]*>.*", re.IGNORECASE)
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
    facts = _facts(response.status_code)
    text = "%(method)s %(path)s %(status)d in %(duration_ms).1f ms user=%(user)s id=%(request_id)s"
    user = "-" if facts["user_id"] is None else facts["user_id"]
    log.log(_level(response.status_code), text, {**facts, "user": user}, extra={"facts": facts})
    if log.isEnabledFor(logging.DEBUG):
        log.debug("parameters %.*s id=%s", MAX_PARAMETERS, repr(_filtered_parameters()), request_id())
    audit.refused(response.status_code, method=facts["method"], path=facts["path"], user_id=facts["user_id"])
    return response


def hide_secrets_of_paths(app: Flask) -> None:
    """Remember which parts of addresses are never written: call it when `app` has all its rules."""
    rules = (rule.rule for rule in app.url_map.iter_rules() if _SECRET_PART.search(rule.rule))
    before = {re.sub(r"<[^<>]*>", "[^/]+", _SECRET_PART.sub("", rule)) for rule in rules}
    app.extensions["rumbl_secret_paths"] = [
        re.compile(rf"\A({start}).+", re.DOTALL) for start in sorted(before)
    ]


def request_id() -> str:
    """Id of the request in progress."""
    return str(g.get("request_id", "-"))


def filtered(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with secrets masked, at every depth."""
    return {key: _filter(key, value) for key, value in values.items()}


def _facts(status: int) -> dict[str, Any]:
    spent_s = time.perf_counter() - g.get("started", time.perf_counter())
    return {
        "request_id": request_id(),
        "method": quote(request.method),
        "path": _shown_path(),
        "status": status,
        "duration_ms": round(spent_s * 1000, 1),
        "user_id": getattr(g.get("current_user"), "id", None),
        "client": request.remote_addr,
    }


def _level(status: int) -> int:
    return logging.DEBUG if request.blueprint in QUIET and status < 400 else logging.INFO


def _shown_path() -> str:
    path = request.path
    if request.url_rule is None or _SECRET_PART.search(request.url_rule.rule):
        for secret in current_app.extensions.get("rumbl_secret_paths", ()):
            path = secret.sub(rf"\1{MASK}", path)
    shown = quote(path, safe="/[]")
    return shown if len(shown) <= MAX_PATH else f"{shown[:MAX_PATH]}..."


def _filter(key: str, value: Any) -> Any:
    if _SECRET_NAMES.search(key):
        return MASK
    return filtered(value) if isinstance(value, Mapping) else value


def _filtered_parameters() -> dict[str, Any]:
    return filtered(params.nest((*request.args.items(multi=True), *_form())))


def _form() -> list[tuple[str, str]]:
    try:
        return list(request.form.items(multi=True))
    except HTTPException:  # a body that was refused is refused again
        return []
