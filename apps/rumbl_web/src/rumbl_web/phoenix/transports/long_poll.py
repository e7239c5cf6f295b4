"""Long-poll: the same conversation for clients whose network lets no WebSocket through.

GET without the token of a session begins one (410 and its token); with one it is answered with the messages
that came, at once or when the first comes, or with 204 after the window. POST brings messages. The statuses
are in a JSON body, as phoenix.js wants them; that of HTTP is 200, but 400 for other methods and 503 for
clients that should try again, perhaps elsewhere.

A poll holds no request thread: its connection is handed over to the hub, like a WebSocket's, and ends with
the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from info_sys import otp
from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.transports import entrance, frames, handover, ndjson, poll_answer, poll_token
from rumbl_web.phoenix.transports.entrance import Accept
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import Limits, PollOptions
from rumbl_web.phoenix.transports.origin import CheckOrigin, Rule, rule
from rumbl_web.phoenix.transports.poll_session import PollSession

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

METHODS: Final = ("GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE")

_STATUS_OF_CODE: Final = {1009: poll_answer.TOO_BIG}
_PREFLIGHT: Final = {"Access-Control-Allow-Methods": "get, post, options", "Access-Control-Max-Age": "3600"}
_JSON: Final = "application/json; charset=utf-8"
_CACHE: Final = "max-age=0, private, must-revalidate"


@dataclass(frozen=True, slots=True)
class Names:
    """What makes and reads the tokens of sessions: the site's secret, and how to call this node."""

    secret: str
    node: str


class Relay(Protocol):
    """The way to sessions of other nodes."""

    def poll(self, node: str, token: str) -> PollSession | None:
        """Return what a poll of that session waits on; None if it is gone."""

    def post(self, node: str, token: str, messages: Sequence[frames.Event]) -> int:
        """Hand `messages` to it; return the status of the POST."""

    def close(self, node: str, token: str, code: int) -> None:
        """End it, because its client broke a rule."""


def mount(
    blueprint: Blueprint,
    path: str,
    hub: Hub,
    accept: Accept,
    names: Names,
    *,
    check_origin: CheckOrigin = True,
    host: str | None = None,
    limits: Limits | None = None,
    options: PollOptions | None = None,
    relay: Relay | None = None,
) -> None:
    """Open `<path>/longpoll` on `blueprint`. Without a `relay`, sessions of other nodes are gone.

    `check_origin`, `host` and `limits` mean what they mean for WebSockets, and are asked at every request.
    Raises ValueError for a bad `check_origin`.
    """
    desk = LongPoll(
        hub, accept, names, check_origin, host, limits or hub.options.limits, options or PollOptions(), relay
    )
    blueprint.add_url_rule(
        f"{path}/longpoll",
        f"{path.strip('/').replace('/', '_')}_longpoll",
        desk.answer,
        methods=METHODS,
        provide_automatic_options=False,
    )


class LongPoll:
    """Answers the requests of one mount, on request threads."""

    def __init__(
        self,
        hub: Hub,
        accept: Accept,
        names: Names,
        check_origin: CheckOrigin,
        host: str | None,
        limits: Limits,
        options: PollOptions,
        relay: Relay | None,
    ) -> None:
        self._hub = hub
        self._accept = accept
        self._names = names
        self._may_come: Rule = rule(check_origin, host)
        self._anybody = check_origin is False
        self._limits = limits
        self._options = options
        self._relay = relay

    def answer(self) -> Response:
        """Answer the request in progress."""
        act = self._actions().get(request.method)
        if act is None:
            return Response(status=400)
        if not self._is_allowed():
            return _json(poll_answer.body(poll_answer.FORBIDDEN))
        response = act()
        self._share(response)
        return response

    def _actions(self) -> dict[str, Callable[[], Response]]:
        return {"GET": self._poll, "POST": self._publish, "OPTIONS": self._preflight}

    def _is_allowed(self) -> bool:
        """A browser sends no Origin with a GET of a script or an image tag, but says that it is one."""
        if self._anybody:
            return True
        headers = request.headers
        if "Origin" not in headers and headers.get("Sec-Fetch-Site") == "cross-site":
            mistakes.report(log, "poll refused: it comes from another site's page")
            entrance.tell_of_refusal("origin")
            return False
        return entrance.is_allowed(self._may_come)

    def _share(self, response: Response) -> None:
        """Let the page read the answer. Only a page that may come: Phoenix lets every page, with `*`."""
        response.vary.add("Origin")
        origin = "*" if self._anybody else request.headers.get("Origin")
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin

    def _preflight(self) -> Response:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        return Response(headers={**_PREFLIGHT, "Access-Control-Allow-Headers": asked})

    # -- GET

    def _poll(self) -> Response:
        if request.content_length or "Transfer-Encoding" in request.headers:
            return Response(status=400)
        if not self._hub.has_room_for_poll:
            return _full()
        session = self._session() or self._remote_session()
        if session is None:
            return self._begin()
        handover.find(request.environ)
        return Parked(self._hub, session)

    def _begin(self) -> Response:
        if not self._hub.accepting:
            return _full()
        handler = self._accept(_params(), entrance.connect_info())
        if handler is None or isinstance(handler, int):
            return _json(poll_answer.body(poll_answer.FORBIDDEN))
        token = poll_token.new(self._names.secret, self._names.node)
        self._hub.open_session(token, handler, window_s=self._options.window_s, limits=self._limits)
        return _json(poll_answer.polled(poll_answer.GONE, token))

    # -- POST

    def _publish(self) -> Response:
        box = self._box()
        if box is None:
            return _json(poll_answer.body(poll_answer.GONE))
        try:
            messages = ndjson.messages(request.mimetype, self._body(), self._limits.max_message)
        except ndjson.BadBody as bad:
            mistakes.report(log, "a client posted what can't be taken: %s", bad)
            box.close(bad.code)
            status = _STATUS_OF_CODE.get(bad.code, poll_answer.BAD_MESSAGE)
            return _json(poll_answer.body(status, reason=str(bad)))
        return box.put(messages)

    def _box(self) -> Box | None:
        """Where this POST goes, or None if its session is gone."""
        session, relay = self._session(), self._relay
        if session is not None:
            return Box(session.close, lambda messages: self._receive(session, messages))
        place = self._elsewhere()
        if relay is None or place is None:
            return None

        def put(messages: Sequence[frames.Event]) -> Response:
            return _json(poll_answer.posted(relay.post(*place, messages)))

        return Box(lambda code: relay.close(*place, code), put)

    def _receive(self, session: PollSession, messages: Sequence[frames.Event]) -> Response:
        answer: Future[int] = Future()
        self._hub.call_later(self._hub.polls.receive, session, messages, answer)
        try:
            with otp.blocking():
                status = answer.result(self._options.answer_timeout_s)
        except TimeoutError:
            return _try_again()
        return _json(poll_answer.posted(status))

    def _body(self) -> bytes:
        """Raises BadBody."""
        most = self._options.max_body
        request.max_content_length = most + 1  # a body in chunks is cut off there without a word
        with suppress(RequestEntityTooLarge):
            body = request.get_data()
            if len(body) <= most:
                return body
        raise ndjson.BadBody(1009, "request too big")

    def _session(self) -> PollSession | None:
        sessions = self._hub.polls.sessions
        found = (sessions.get(token) for token in request.args.getlist("token"))
        return next((session for session in found if session is not None and not session.over), None)

    def _remote_session(self) -> PollSession | None:
        place = self._elsewhere()
        if self._relay is None or place is None:
            return None
        handover.find(request.environ)
        return self._relay.poll(*place)

    def _elsewhere(self) -> tuple[str, str] | None:
        """The other node that has the session, and the session's token there."""
        if self._relay is None:
            return None
        for token in request.args.getlist("token"):
            place = poll_token.place(self._names.secret, token)
            if place is not None and place.node != self._names.node:
                return place.node, token
        return None


@dataclass(frozen=True, slots=True)
class Box:
    """Where messages are put."""

    close: Callable[[int], None]
    put: Callable[[Sequence[frames.Event]], Response]


class Parked(Response):
    """The answer to a poll that the hub writes: its headers are this response's, complete as they are when
    the application is done with it."""

    def __init__(self, hub: Hub, session: PollSession) -> None:
        super().__init__(content_type=_JSON, headers={"Cache-Control": _CACHE})
        self._hub = hub
        self._poll_session = session

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the connection over; what the server then writes goes nowhere."""
        head = poll_answer.head(self.headers)
        try:
            sock, _ = handover.take(environ)
        except OSError:
            mistakes.report(log, "no descriptor for another poll")
            self._hub.call_later(self._poll_session.arrived, (), False)
            return _try_again()(environ, start_response)
        self._hub.park(self._poll_session, sock, head)
        return super().__call__(environ, start_response)


def _params() -> dict[str, str]:
    """The socket's parameters: no tokens of sessions, and the first of each name, as for WebSockets."""
    pairs = [
        (key, value) for key, value in request.args.items(multi=True) if not _names_a_session(key, value)
    ]
    return dict(reversed(pairs))


def _names_a_session(key: str, value: str) -> bool:
    return key == "token" and poll_token.is_one(value)


def _json(content: bytes) -> Response:
    return Response(content, content_type=_JSON, headers={"Cache-Control": _CACHE})


def _full() -> Response:
    entrance.tell_of_refusal("full")
    return _try_again()


def _try_again() -> Response:
    """phoenix.js connects anew after a 500, and throws at a 503; a proxy asks elsewhere after a 503."""
    response = _json(poll_answer.body(poll_answer.FAILED))
    response.status_code = 503
    return response
