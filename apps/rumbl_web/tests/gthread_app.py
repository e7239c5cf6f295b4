"""A site and a configuration for gunicorn: two threads, little patience, few descriptors."""

from __future__ import annotations

import os
import re
import resource
import threading

from flask import Blueprint, Flask, request

from rumbl_web import slots
from rumbl_web.gthread import Worker, is_late
from rumbl_web.phoenix.transport import Connection, Opcode
from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.hub import Hub

FREE = 45
"""Descriptors, of which gunicorn and the hub take some."""
WAIT_S = 5.0

gate = threading.Event()
slow_gate = threading.Event()


class Impatient(Worker):
    head_s = 0.4
    body_s = 0.4
    slow = re.compile(rb"\APOST \S*/slow")
    most_in_line = 3
    line_s = 0.3
    late_bytes = 1 << 20


class Echo:
    def opened(self, connection: Connection) -> None:
        self._connection = connection

    def handle_text(self, data: bytes) -> None:
        self._connection.send(Opcode.TEXT, data)

    handle_binary = handle_text

    def closed(self, code: int) -> None:
        pass


def accept(params: dict[str, str], _info: object) -> Echo | int:
    if "slot" in params:
        return 409 if slots.give_back() else 401
    if "gate" in params:
        gate.wait(WAIT_S)
    return Echo()


def leave_descriptors(free: int) -> None:
    """Give the process so many more than it has, which may be any numbers."""
    opened = set(map(int, os.listdir("/proc/self/fd")))
    limit = 0
    while free:
        free -= limit not in opened
        limit += 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def make_app() -> Flask:
    leave_descriptors(FREE)
    app, sockets = Flask(__name__), Blueprint("sockets", __name__)
    websocket.mount(sockets, "/socket", Hub(), accept)
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    app.register_blueprint(sockets)

    @app.get("/")
    def pid() -> str:
        return str(os.getpid())

    @app.get("/open")
    def open_gate() -> str:
        gate.set()
        return "open"

    @app.get("/slot")
    def slot() -> str:
        return "a slot" if slots.give_back() else "none"

    @app.post("/slow")
    def slow() -> str:
        if is_late():
            return "late"
        slow_gate.wait(WAIT_S)
        return "done"

    @app.post("/gate")
    def move_slow_gate() -> str:
        (slow_gate.set if "open" in request.args else slow_gate.clear)()
        return "so be it"

    @app.post("/")
    def length() -> str:
        return str(len(request.get_data()))

    return app


worker_class = Impatient
threads = 2
