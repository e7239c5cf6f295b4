"""Throttling as controllers ask for it: for the client of this request, with words and an answer for it.

if wait_s := turnstile.allow("reset"):
    flash.put("error", turnstile.words(wait_s))
    return turnstile.wait(form(), wait_s)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from flask import Response, current_app, make_response, request
from flask.typing import ResponseReturnValue

from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.errors import Unavailable
from rumbl_core.result import Error, Ok
from rumbl_web import audit
from rumbl_web.gettext import ngettext
from rumbl_web.phoenix import telemetry
from rumbl_web.throttle import Throttle

EXTENSION = "rumbl_throttle"
T = TypeVar("T")


def allow(action: str) -> int:
    """Count one try of `action` ("register", "reset", "resend"); 0, or the seconds to wait."""
    return _told(action, _throttle().allow(action, request.remote_addr))


def begin_log_in(username: str) -> int:
    """Count one wrong password for `username`; 0, or the seconds to wait before another."""
    return _told("log in", _throttle().begin_log_in(username, request.remote_addr))


def log_in_succeeded(username: str) -> None:
    """It was the right one after all."""
    _throttle().log_in_succeeded(username, request.remote_addr)


def log_in_refused(reason: str) -> None:
    """It was wrong, or nobody has this name: for those who read logs and metrics, never for the client."""
    audit.tell("login_refused", level=logging.WARNING, reason=reason)
    telemetry.emit("log_in.refused", reason=reason)


@contextmanager
def judging(username: str) -> Iterator[Judged]:
    """While the password is looked at: a site too busy for that takes the count back.

    with turnstile.judging(name) as judged:
        answer = judged("password", change_it(...))  # an error of any other field is no wrong password
    """
    try:
        yield Judged(username)
    except Unavailable:
        _throttle().log_in_not_judged(username, request.remote_addr)
        raise


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a form that asks for the user's own password."""

    username: str

    def __call__(self, field: str, answer: Ok[T] | Error[Changeset[User]]) -> Ok[T] | Error[Changeset[User]]:
        """`answer`; unless it says that the password in `field` is wrong, the try doesn't count."""
        if isinstance(answer, Ok) or field not in answer.reason.errors:
            log_in_succeeded(self.username)
        return answer


def words(wait_s: int) -> str:
    """What the client is told."""
    return ngettext(
        "Too many tries. Please wait 1 second, then try again.",
        "Too many tries. Please wait %(num)d seconds, then try again.",
        wait_s,
    )


def wait(page: ResponseReturnValue, wait_s: int) -> Response:
    """The answer that shows `page` and asks for patience: 429."""
    answer = make_response(page)
    answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
    answer.headers["retry-after"] = str(wait_s)
    return answer


def _throttle() -> Throttle:
    throttle: Throttle = current_app.extensions[EXTENSION]
    return throttle


def _told(action: str, wait_s: int) -> int:
    if wait_s:
        telemetry.emit("throttle.refused", {"wait_s": wait_s}, action=action)
    return wait_s
