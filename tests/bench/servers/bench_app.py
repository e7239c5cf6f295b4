"""rumbl's channels without rumbl: one channel that answers and broadcasts, as the peers do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Blueprint, Flask

from rumbl_web.phoenix import token
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Reply
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Refused, Socket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits

APP = "tests.bench.servers.bench_app:create_app()"
SECRET = "a secret of the bench, which guards nothing"
SALT = "user socket"

SWITCH_INTERVAL_S = 0.00025
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
    """Who holds a token may connect."""

    channels: ClassVar[Mapping[str, type[Channel]]] = {"bench:*": BenchChannel}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected | Refused:
        """Check it."""
        match token.verify(info.secret, SALT, params.get("token")):
            case token.Verified(user_id):
                return Connected({"user_id": user_id})
            case _:
                return Refused()


def create_app() -> Flask:
    """A WSGI application with nothing but the socket, mounted as rumbl mounts its own."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    hub = Hub(UNLIMITED)
    redis_url = os.environ.get("REDIS_URL")
    pubsub = PubSub(RedisAdapter(redis_url) if redis_url else None)
    endpoint = Endpoint(pubsub, hub, secret=SECRET)
    blueprint = Blueprint("socket", __name__)
    mount(blueprint, "/socket", BenchSocket, endpoint, hub)
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    app.add_url_rule("/heavy/<int:ms>", view_func=heavy)
    return app


def heavy(ms: int) -> str:
    """A page that keeps Python busy for `ms` milliseconds of its thread's CPU time."""
    end = time.thread_time_ns() + ms * 1_000_000
    count = 0
    while time.thread_time_ns() < end:
        count += sum(range(100))
    return str(count)
