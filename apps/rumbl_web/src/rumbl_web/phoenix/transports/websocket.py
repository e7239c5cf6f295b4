"""WebSocket over flask-sock: the upgrade is a Flask request, the conversation belongs to the hub.

flask-sock registers the route and stands for the extension in the application; the thread per connection,
the framing and the close of its server object are replaced by the hand-over to the hub. So a conversation
holds no request, no thread and no WSGI connection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from flask_sock import Sock
from werkzeug.wsgi import ClosingIterator

from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.transport import SocketHandler
from rumbl_web.phoenix.transports import entrance, handover, handshake
from rumbl_web.phoenix.transports.entrance import Accept
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import Limits
from rumbl_web.phoenix.transports.origin import CheckOrigin, Rule, rule
from rumbl_web.phoenix.transports.wire import BROKEN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)


class HandedOver(Response):
    """For the log and the steps after a request; the client had its answer from the hub."""

    default_mimetype = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Tell the server no more than the status: it has nobody to send anything to."""
        start_response(self.status, [])
        return ClosingIterator((), self.close)


class HubSock(Sock):  # type: ignore[misc]  # the base has no types
    """flask-sock whose routes answer a `SocketHandler`, to hand the connection to the hub, or a refusal."""

    def __init__(self, hub: Hub, limits: Limits | None = None) -> None:
        super().__init__()
        self._hub = hub
        self._limits = limits

    def route(self, path: str, bp: Blueprint | None = None, **options: Any) -> Callable[..., Any]:
        """Decorate a view of `path`, which only upgrade requests reach."""

        def decorator(view: Callable[..., SocketHandler | Response]) -> Callable[..., Response]:
            @wraps(view)
            def upgrade(**arguments: str) -> Response:
                answer = view(**arguments)
                return answer if isinstance(answer, Response) else self._hand_over(answer)

            (bp or self.app).route(path, websocket=True, **options)(upgrade)
            return upgrade

        return decorator

    def _hand_over(self, handler: SocketHandler) -> Response:
        head = handshake.switching_protocols(request.environ["HTTP_SEC_WEBSOCKET_KEY"])
        try:
            sock, early = handover.take(request.environ)
        except OSError:
            handler.closed(BROKEN)
            mistakes.report(log, "no descriptor for another connection")
            return _refusal(503)
        self._hub.adopt(sock, handler, head=head, early=early, limits=self._limits)
        return HandedOver(status=101)


def mount(
    blueprint: Blueprint,
    path: str,
    hub: Hub,
    accept: Accept,
    *,
    check_origin: CheckOrigin = True,
    host: str | None = None,
    limits: Limits | None = None,
) -> None:
    """Open `<path>/websocket` on `blueprint`.

    `host` is the site's public host for `check_origin=True`; without it, the request's own. `limits` are the
    hub's unless given. Refusals come before the handshake: 400 for what is no proper upgrade, 403 with an
    empty body for a foreign origin or a None of `accept` (or the status it names), 503 while the hub takes
    nobody. Raises ValueError for a bad `check_origin`.
    """
    may_come = rule(check_origin, host)
    sock = HubSock(hub, limits)

    @sock.route(f"{path}/websocket", bp=blueprint, endpoint=f"{path.strip('/').replace('/', '_')}_websocket")
    def websocket() -> SocketHandler | Response:
        refused = _check(request.environ, hub, may_come)
        if refused is not None:
            return refused
        handover.find(request.environ)
        handler = accept(request.args.to_dict(), entrance.connect_info())
        if handler is None or isinstance(handler, int):
            return _refusal(handler or 403)
        return handler


def _check(environ: Mapping[str, Any], hub: Hub, may_come: Rule) -> Response | None:
    wrong = handshake.problem(environ)
    if wrong is not None:
        entrance.tell_of_refusal("handshake")
        return Response(wrong, 400, {"Sec-WebSocket-Version": "13"}, mimetype="text/plain")
    if not hub.accepting:
        entrance.tell_of_refusal("full")
        return _refusal(503)
    return None if entrance.is_allowed(may_come) else _refusal(403)


def _refusal(status: int) -> Response:
    response = Response(status=status)
    response.headers.remove("Content-Type")
    return response
