"""What both transports ask of a request before a client comes in: from which page, and who is it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from flask import request

from rumbl_web.phoenix import mistakes, telemetry
from rumbl_web.phoenix.transport import SocketHandler
from rumbl_web.phoenix.transports.origin import Origin, Rule, parse

log = logging.getLogger(__name__)

_LONGEST_HEADER: Final = 1024


@dataclass(frozen=True, slots=True)
class ConnectInfo:
    """What a socket may know of the request that opened it. Plain values: the request itself is not kept."""

    remote_addr: str
    scheme: str
    host: str
    path: str
    origin: str | None
    user_agent: str


Accept = Callable[[dict[str, str], ConnectInfo], SocketHandler | int | None]
"""Decides over a client by its query parameters: an HTTP status refuses, None with 403. Runs on the request's
thread. A handler hears `closed` in any case, even if its connection never opens."""


def is_allowed(may_come: Rule) -> bool:
    """Whether the page that the request in progress comes from may come. A client without one may."""
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is None:
        return True
    own = parse(f"{request.scheme}://{request.host}") or Origin(request.scheme, "", None)
    if may_come(origin, own):
        return True
    mistakes.report(log, "socket refused: origin %.200r is not allowed by check_origin", origin)
    tell_of_refusal("origin")
    return False


def tell_of_refusal(reason: Literal["origin", "full", "handshake"]) -> None:
    """Tell telemetry that a request did not come as far as its socket."""
    telemetry.emit("transport.refused", reason=reason)


def connect_info() -> ConnectInfo:
    """Return what the request in progress says."""
    environ = request.environ
    return ConnectInfo(
        remote_addr=request.remote_addr or "",
        scheme=request.scheme,
        host=request.host,
        path=request.path,
        origin=environ.get("HTTP_ORIGIN"),
        user_agent=environ.get("HTTP_USER_AGENT", "")[:_LONGEST_HEADER],
    )
