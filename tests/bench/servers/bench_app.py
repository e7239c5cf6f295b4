"""rumbl's channels without rumbl: one channel that answers and broadcasts, as the naive peer does."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Blueprint, Flask

from rumbl_web.phoenix import socket_server
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Reply
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.socket import Socket
from rumbl_web.phoenix.socket_server import SocketServer
from rumbl_web.phoenix.transports import websocket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits

SWITCH_INTERVAL_S = 0.0005
"""The same as in rumbl_web.application, which is not imported: it would bring the whole site."""

UNLIMITED = HubOptions(limits=Limits(rate_per_s=None))
"""The limit on one client's rate is off: 64 clients that ask as fast as they can are what is measured."""


class BenchChannel(Channel):
    """`ping` is answered with its payload, `new_annotation` goes to everyone."""

    __slots__ = ()

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        """Let everyone in."""
        return Joined()

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply:
        """Answer, after telling everyone where that is asked for."""
        if event == "new_annotation":
            socket.broadcast(event, payload)
            return Reply("ok")
        return Reply("ok", payload)


class BenchSocket(Socket):
    """Anyone may connect."""

    channels: ClassVar[Mapping[str, type[Channel]]] = {"bench:*": BenchChannel}


def create_app() -> Flask:
    """A WSGI application with nothing but the socket, mounted as rumbl mounts its own."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    hub = Hub(UNLIMITED)
    endpoint = Endpoint(PubSub(), hub, secret="the bench signs nothing")

    def accept(params: dict[str, str], _info: object) -> SocketServer | None:
        server = socket_server.connect(endpoint, BenchSocket, params)
        return server if isinstance(server, SocketServer) else None

    blueprint = Blueprint("socket", __name__)
    websocket.mount(blueprint, "/socket", hub, accept)
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    return app
