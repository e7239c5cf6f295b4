"""The toy application under the servers that rumbl runs on."""

from __future__ import annotations

import json
import re
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits

from ... import forked
from .support import DEADLINE_S, UPGRADE, Client
from .toy import make_app

HERE = Path(__file__).parent
MISTAKE = re.compile("socket refused|poll refused|a client posted|Toy refused")
"""What clients of the tests do wrong may be in the log."""
SOCKET = "/socket/websocket?vsn=2.0.0"


class Server:
    """A running toy application."""

    def __init__(self, port: int, process: forked.Forked | None = None) -> None:
        self.port = port
        self.process = process
        self._clients: list[Client] = []

    def request(self, head: str, more: bytes = b"") -> Client:
        sock = socket.create_connection(("127.0.0.1", self.port))
        client = Client(sock)
        self._clients.append(client)
        client.send(head.encode(), more)
        return client

    def upgrade(self, path: str = SOCKET, more: str = "", early: bytes = b"") -> Client:
        return self.request(self.head(path, more), early)

    def head(self, path: str = SOCKET, more: str = "") -> str:
        return UPGRADE.format(path=path, host=f"127.0.0.1:{self.port}", more=more)

    def connect(self, path: str = SOCKET) -> Client:
        client = self.upgrade(path)
        assert client.receive_head().startswith(b"HTTP/1.1 101 ")
        return client

    def forget_clients(self) -> None:
        while self._clients:
            self._clients.pop().close()

    def stats(self, path: str = "/stats") -> dict[str, int]:
        client = Client(socket.create_connection(("127.0.0.1", self.port)))
        client.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head, _, body = client.receive_rest().partition(b"\r\n\r\n")
        client.close()
        assert head.startswith(b"HTTP/1.1 200 "), head
        stats: dict[str, int] = json.loads(body)
        return stats


@contextmanager
def werkzeug(wrap: Callable[[Flask], object] = lambda app: app, hub: Hub | None = None) -> Iterator[Server]:
    """The toy under the development server, in this process."""
    hub = hub or Hub(HubOptions(limits=Limits(rate_per_s=None)))
    server = make_server("127.0.0.1", 0, wrap(make_app(hub)), threaded=True)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Server(server.server_port)
    finally:
        hub.stop()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def gunicorn(worker: str = "gthread") -> Iterator[Server]:
    """The toy in a process of its own, with two request threads."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as errors:
        options = ["--threads=2", "--log-level=error", f"--config={HERE}/toy.py", f"--worker-class={worker}"]
        process = forked.start_gunicorn([*options, "toy:make_app()"], HERE, listener, errors)
        try:
            yield Server(listener.getsockname()[1], process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)
        errors.seek(0)
        said = errors.read().decode().splitlines()
    assert [line for line in said if not MISTAKE.match(line)] == []


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {
    "gunicorn": gunicorn,
    "gunicorn with our worker": lambda: gunicorn("rumbl_web.gthread.Worker"),
    "werkzeug": werkzeug,
}
