"""What happened to accounts and at doors, for whoever has to find out later (OWASP ASVS 16.3).

One record each. No name that somebody typed is written down: people type their password there.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from flask import has_request_context, request

log = logging.getLogger(__name__)

REFUSALS: Final = {
    HTTPStatus.UNAUTHORIZED: "access_refused",
    HTTPStatus.FORBIDDEN: "access_refused",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}
"""Answers that are told by themselves."""


def tell(event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Write down that `event` happened, with the client's address: `tell("login", user_id=3)`."""
    client = request.remote_addr if has_request_context() else None
    known = {"event": event, "client": client, **facts}
    words = " ".join(f"{name}={'-' if value is None else value}" for name, value in list(known.items())[1:])
    log.log(level, "%s %s", event, words, extra={"facts": known})


def refused(status: int, **facts: Any) -> None:
    """Write down that an answer was a refusal, if it was one."""
    event = REFUSALS.get(HTTPStatus(status)) if status in REFUSALS else None
    if event is not None:
        tell(event, level=logging.WARNING, status=status, **facts)
