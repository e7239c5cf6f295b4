"""The conformance server: the mounts, topics and events that client suites of others can be pointed at.

    make conformance-server PORT=4001

It is served as the site is (gunicorn, our worker, the hub), but knows no user: for tests only. `--broken`
adds a mount whose faults a client picks, for the tests of the tests.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

from flask import Blueprint, Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn has no types

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.presence import Presence
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.transport import Connection, Opcode
from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits, PollOptions
from tests.conformance import faults
from tests.conformance.channels import ConformanceSocket

SECRET = "only for tests, where everybody may know it: 0123456789"
MUCH = 32 << 20
"""Phoenix has no limit of its own; ours is this, so that suites with large messages pass."""

UNLIMITED = Limits(rate_per_s=None, max_frame=MUCH, max_message=MUCH)
SHORT = Limits(rate_per_s=None, idle_timeout_s=1.5, max_frame=4096, max_message=65536)
STRICT = ("https://example.com", "http://example.com")


class Echo:
    """Sends everything back, for Autobahn."""

    def opened(self, connection: Connection) -> None:
        self._connection = connection

    def handle_text(self, data: bytes) -> None:
        self._connection.send(Opcode.TEXT, data)

    def handle_binary(self, data: bytes) -> None:
        self._connection.send(Opcode.BINARY, data)

    def closed(self, code: int) -> None:
        pass


def make_app(hub: Hub, *, broken: bool = False) -> Flask:
    """The application over `hub`."""
    endpoint = Endpoint(PubSub(), hub, SECRET)
    endpoint.services["presence"] = Presence(endpoint)
    app, sockets = Flask(__name__), Blueprint("sockets", __name__)
    for path, check, limits, polls in (
        ("/socket", False, UNLIMITED, PollOptions(max_body=MUCH)),
        ("/short", False, SHORT, PollOptions(window_s=1.0)),
        ("/strict", STRICT, UNLIMITED, PollOptions()),
    ):
        mount(
            sockets, path, ConformanceSocket, endpoint, hub, check_origin=check, limits=limits, longpoll=polls
        )
    websocket.mount(
        sockets, "/echo", hub, lambda _params, _info: Echo(), check_origin=False, limits=UNLIMITED
    )
    if broken:
        faults.mount(sockets, "/broken", hub)
    app.register_blueprint(sockets)
    return app


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one worker; SIGTERM closes every socket with 1012."""

    def __init__(self, port: int, *, broken: bool) -> None:
        self._port = port
        self._broken = broken
        self._hub: Hub | None = None
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [f"127.0.0.1:{self._port}"],
            "worker_class": "rumbl_web.gthread.Worker",
            "threads": 16,
            "graceful_timeout": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: print(f"listening on {self._port}", flush=True),
            "worker_exit": self._worker_exit,
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        self._hub = Hub(HubOptions(outbox_bytes=2 * MUCH))
        return make_app(self._hub, broken=self._broken)

    def _worker_exit(self, _arbiter: Any, _worker: Any) -> None:
        if self._hub is not None:
            self._hub.drain(spread_s=0.1, wait_s=2.0)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4001)
    parser.add_argument("--broken", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    Server(arguments.port, broken=arguments.broken).run()


if __name__ == "__main__":
    main()
