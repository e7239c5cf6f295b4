"""A small application with one socket, for real servers. gunicorn loads it in a process of its own."""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

import orjson
from flask import Blueprint, Flask, Request

from rumbl_web.phoenix.transport import ClientMistake, Connection, Opcode
from rumbl_web.phoenix.transports import entrance, long_poll, websocket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits, PollOptions

logging.getLogger("werkzeug").setLevel(logging.ERROR)

WINDOW_S = 5.0
"""Within a test no poll waits so long, and no session ends."""
BRIEF_S = 0.2


class Toy:
    """Says who came, then echoes."""

    __slots__ = ("_about", "_connection")

    def __init__(self, params: dict[str, str], info: entrance.ConnectInfo) -> None:
        self._about = orjson.dumps({"params": params, "path": info.path, "origin": info.origin})

    def opened(self, connection: Connection) -> None:
        self._connection = connection

    def handle_text(self, data: bytes) -> None:
        if data == b"[mistake]":
            raise ClientMistake("as asked")
        self._connection.send(Opcode.TEXT, self._about if data == b"about" else data)

    def handle_binary(self, data: bytes) -> None:
        self._connection.send(Opcode.BINARY, data)

    def closed(self, code: int) -> None:
        pass


def accept(params: dict[str, str], info: entrance.ConnectInfo) -> Toy | None:
    return None if params.get("token") == "wrong" else Toy(params, info)


def make_app(hub: Hub | None = None) -> Flask:
    """The application. `GET /stats` tells about the process."""
    hub = hub or Hub(HubOptions(limits=Limits(rate_per_s=None)))
    app = Flask(__name__)
    app.config["HUB"] = hub
    pages = Blueprint("pages", __name__)
    websocket.mount(pages, "/socket", hub, accept)
    names = long_poll.Names("secret", "toy")
    long_poll.mount(pages, "/socket", hub, accept, names, options=PollOptions(window_s=WINDOW_S))
    long_poll.mount(pages, "/brief", hub, accept, names, options=PollOptions(window_s=BRIEF_S))
    app.register_blueprint(pages)
    brief = hub.polls.window(BRIEF_S)

    @app.get("/stats")
    def stats() -> dict[str, Any]:
        return {
            **hub.stats(),
            "brief_sessions": sum(one.window is brief for one in hub.polls.sessions.values()),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "server_connections": app.config["WORKER"].nr_conns if "WORKER" in app.config else 0,
        }

    @app.get("/requests")
    def requests() -> dict[str, int]:
        gc.collect()
        return {"alive": sum(type(thing) is Request for thing in gc.get_objects())}

    return app


def post_worker_init(worker: Any) -> None:
    """gunicorn's hook: its worker tells what it believes it has open."""
    worker.app.wsgi().config["WORKER"] = worker


def worker_exit(_server: object, worker: Any) -> None:
    """gunicorn's hook: it knows nothing of connections that were handed over."""
    worker.app.wsgi().config["HUB"].drain(spread_s=0.05, wait_s=2.0)
