"""A socket on a Flask site: what its `connect` decides reaches the client."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask import Blueprint, Flask

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.transports.handover import NotPlain
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import PollOptions

from .reference import ReferenceSocket

HEADERS = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def app(endpoint: Endpoint) -> Flask:
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    mount(pages, "/socket", ReferenceSocket, endpoint, Hub())
    app.register_blueprint(pages)
    return app


@pytest.mark.parametrize(
    ("query", "status"),
    [("vsn=2.0.0", 401), ("", 401), ("vsn=3.0.0&user_id=1", 403), ("vsn=abc&user_id=1", 403)],
)
def test_a_refusal_has_the_http_status_that_the_socket_chose(app: Flask, query: str, status: int) -> None:
    ours, theirs = socket.socketpair()

    with ours, theirs:
        answer = app.test_client().get(
            f"/socket/websocket?{query}", headers=HEADERS, environ_base={"werkzeug.socket": ours}
        )

    assert (answer.status_code, answer.data) == (status, b"")


@pytest.mark.parametrize("vsn", ["3.0.0", "abc", ""])
def test_a_version_that_nobody_speaks_is_refused_with_403(app: Flask, vsn: str) -> None:
    ours, theirs = socket.socketpair()

    with ours, theirs:
        answer = app.test_client().get(
            f"/socket/websocket?user_id=1&vsn={vsn}", headers=HEADERS, environ_base={"werkzeug.socket": ours}
        )

    assert (answer.status_code, answer.data) == (403, b"")


def test_a_server_without_plain_sockets_is_refused_before_the_site_is_asked(app: Flask) -> None:
    app.testing = True

    with pytest.raises(NotPlain):
        app.test_client().get("/socket/websocket?vsn=2.0.0", headers=HEADERS)


def routes(endpoint: Endpoint, **options: Any) -> list[str]:
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    mount(pages, "/socket", ReferenceSocket, endpoint, Hub(), **options)
    app.register_blueprint(pages)
    return sorted(rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/socket"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["/socket/websocket"]),
        ({"longpoll": True}, ["/socket/longpoll", "/socket/websocket"]),
        ({"longpoll": PollOptions(window_s=1), "websocket": False}, ["/socket/longpoll"]),
    ],
)
def test_each_transport_can_be_on_or_off(
    endpoint: Endpoint, options: dict[str, Any], expected: list[str]
) -> None:
    assert routes(endpoint, **options) == expected


def test_a_refusal_is_403_for_a_client_that_polls_whatever_the_socket_chose(endpoint: Endpoint) -> None:
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    mount(pages, "/socket", ReferenceSocket, endpoint, Hub(), longpoll=True)
    app.register_blueprint(pages)
    client = app.test_client()

    assert client.get("/socket/longpoll?vsn=2.0.0").json == {"status": 403}
    assert client.get("/socket/longpoll?user_id=1&vsn=3.0.0").json == {"status": 403}
    assert client.post("/socket/longpoll?user_id=1&vsn=2.0.0").json == {"status": 410}
