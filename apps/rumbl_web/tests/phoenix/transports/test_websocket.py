"""Upgrades and the hand-over under the servers that rumbl runs on."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from werkzeug.debug import DebuggedApplication

from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.frames import BINARY, CLOSE, TEXT
from rumbl_web.phoenix.transports.hub import Hub

from . import servers
from .servers import SOCKET, Server
from .support import Recorder, client_frame, eventually
from .toy import make_app

HEADERS = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


SERVERS = {
    **servers.SERVERS,
    "werkzeug with its debugger": lambda: servers.werkzeug(lambda app: DebuggedApplication(app, evalex=True)),
}


@pytest.fixture(scope="module", params=SERVERS)
def running_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with SERVERS[request.param]() as server:
        yield server


@pytest.fixture
def server(running_server: Server) -> Iterator[Server]:
    yield running_server
    running_server.forget_clients()


RINGS = 6
"""Descriptors of the hub's two rings: opened when it first has eight clients at a time to serve, and kept."""


class TestUpgrade:
    def test_the_answer_is_that_of_the_rfc_and_offers_nothing_more(self, server: Server) -> None:
        extras = "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: phoenix\r\n"

        head = server.upgrade(more=extras).receive_head()

        status, *headers = head.decode().split("\r\n")[:-2]
        assert status == "HTTP/1.1 101 Switching Protocols"
        assert sorted(headers) == [
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Upgrade: websocket",
        ]

    def test_a_conversation_outlives_its_request(self, server: Server) -> None:
        client = server.connect()

        client.text("one")
        assert client.receive_text() == b"one"
        server.stats()
        client.send(client_frame(BINARY, b"\x00" * 60_000))

        assert client.receive() == (BINARY, b"\x00" * 60_000)

    @pytest.mark.parametrize("size", [5, 3000, 65_000])
    def test_what_comes_with_the_upgrade_is_not_lost(self, server: Server, size: int) -> None:
        frame = client_frame(TEXT, b"x" * size)

        client = server.upgrade(early=frame + frame[:3])
        assert client.receive_head().startswith(b"HTTP/1.1 101 ")
        client.send(frame[3:])

        assert [client.receive_text(), client.receive_text()] == [b"x" * size] * 2

    def test_the_handler_is_made_of_the_query_and_the_request(self, server: Server) -> None:
        client = server.upgrade(SOCKET + "&token=a%20b", f"Origin: http://127.0.0.1:{server.port}\r\n")
        client.receive_head()

        client.text("about")

        assert json.loads(client.receive_text()) == {
            "params": {"vsn": "2.0.0", "token": "a b"},
            "path": "/socket/websocket",
            "origin": f"http://127.0.0.1:{server.port}",
        }

    def test_a_close_is_echoed_and_nothing_else_is_sent(self, server: Server) -> None:
        client = server.connect()

        client.send(client_frame(CLOSE, (1001).to_bytes(2, "big")))

        assert client.receive_rest() == b"\x88\x02\x03\xe9"

    def test_more_connections_than_threads_cost_the_server_nothing(self, server: Server) -> None:
        before = server.stats()
        clients = [server.connect() for _ in range(12)]

        for client in clients:
            client.text("hi")
            assert client.receive_text() == b"hi"
        eventually(lambda: server.stats()["server_connections"] <= 1, "the server counts them as closed")
        during = server.stats()
        assert during["connections"] == before["connections"] + 12
        eventually(lambda: server.stats("/requests") == {"alive": 1}, "only this very request is alive")
        for client in clients:
            client.close()

        eventually(lambda: server.stats()["connections"] == before["connections"])
        kept = before["descriptors"] + 1 + RINGS
        eventually(lambda: server.stats()["descriptors"] <= kept)


class TestRefusal:
    @pytest.mark.parametrize(
        ("path", "more"),
        [
            (SOCKET + "&token=wrong", ""),
            (SOCKET, "Origin: http://evil.example\r\n"),
            (SOCKET, "Origin: http://127.0.0.1.evil.example\r\n"),
            (SOCKET, "Origin: null\r\n"),
        ],
    )
    def test_who_may_not_come_gets_403_and_an_empty_body(self, server: Server, path: str, more: str) -> None:
        head = server.upgrade(path, more).receive_head()

        assert head.split(b" ")[1] == b"403"
        assert b"\r\nContent-Length: 0\r\n" in head

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12"),
            ("Sec-WebSocket-Version: 13\r\n", ""),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"),
            ("Connection: Upgrade", "Connection: close"),
            ("Upgrade: websocket\r\n", ""),
        ],
    )
    def test_what_is_no_proper_upgrade_gets_400(self, server: Server, old: str, new: str) -> None:
        head = server.head()
        assert old in head

        assert server.request(head.replace(old, new)).receive_head().split(b" ")[1] == b"400"

    def test_a_post_gets_400_or_405(self, server: Server) -> None:
        head = server.head().replace("GET", "POST", 1)

        assert server.request(head).receive_head().split(b" ")[1] in (b"400", b"405")

    def test_an_upgrade_with_a_body_gets_400(self, server: Server) -> None:
        client = server.upgrade(more="Content-Length: 3\r\n", early=b"abc")

        assert client.receive_head().split(b" ")[1] == b"400"


def test_a_terminated_worker_of_gunicorn_sends_1012() -> None:
    with servers.gunicorn() as server:
        client = server.connect()
        assert server.process is not None

        server.process.send_signal(signal.SIGTERM)

        assert client.receive_close() == 1012
        client.close()


def test_a_draining_hub_answers_503() -> None:
    hub = Hub()
    app = make_app(hub)
    hub.drain()

    answer = app.test_client().get(
        SOCKET,
        headers=HEADERS,
    )

    assert answer.status_code == 503


def test_a_foreign_server_gets_told_what_works() -> None:
    app = make_app()
    app.testing = True

    with pytest.raises(RuntimeError, match="gthread"):
        app.test_client().get(
            SOCKET,
            headers=HEADERS,
        )


def test_a_bad_check_origin_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="check_origin"):
        websocket.mount(
            Blueprint("pages", __name__),
            "/socket",
            Hub(),
            lambda _params, _info: None,
            check_origin=["what?"],
        )


def test_two_sockets_may_be_mounted_with_rules_of_their_own() -> None:
    app, pages, hub = Flask(__name__), Blueprint("pages", __name__), Hub()
    for path, check in (("/open", False), ("/closed", ["https://example.com"])):
        websocket.mount(pages, path, hub, lambda _params, _info: None, check_origin=check)
    app.register_blueprint(pages)

    rules = sorted(rule.rule for rule in app.url_map.iter_rules() if rule.websocket)

    assert rules == ["/closed/websocket", "/open/websocket"]


def test_no_descriptor_left_answers_503_and_the_handler_hears_of_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler = Recorder()
    app, pages = Flask(__name__), Blueprint("pages", __name__)
    websocket.mount(pages, "/socket", Hub(), lambda _params, _info: handler)
    app.register_blueprint(pages)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(ours.__class__, "dup", lambda _self: os.open("/nowhere", os.O_RDONLY))

    with ours, theirs:
        answer = app.test_client().get(
            SOCKET,
            headers=HEADERS,
            environ_base={"werkzeug.socket": ours},
        )

    assert answer.status_code == 503
    assert handler.codes == [1006]
