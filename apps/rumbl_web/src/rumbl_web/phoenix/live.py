"""The live half of a site in one object: a hub, and the endpoint over it.

    live = Live(app.secret_key)                       # or Live(secret, PubSub(RedisAdapter(...)))
    live.mount(app, "/socket", UserSocket)            # ws://host/socket/websocket
    live.endpoint.broadcast("room:1", "shout", {"text": "hi"})

One per server process; it may be made before a fork, but not with a RedisAdapter, which has threads.
docs/guides/channels.md builds a site with it.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Flask

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.mount import mount
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.socket import Socket
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions

EXTENSION: Final = "live"
"""Its key in the `extensions` of an application that it is mounted on."""

DRAIN_S: Final = 3.0


class Live:
    """`hub` owns the connections, `endpoint` is what sockets, channels and pages share."""

    def __init__(self, secret: str, pubsub: PubSub | None = None, options: HubOptions | None = None) -> None:
        self.hub = Hub(options)
        self.endpoint = Endpoint(pubsub or PubSub(), self.hub, secret)

    def mount(self, app: Flask, path: str, socket_class: type[Socket], **options: Any) -> None:
        """Open `path` for the clients of `socket_class`; `options` and errors are those of `mount.mount`."""
        blueprint = Blueprint(f"live{path.replace('/', '_')}", __name__)
        mount(blueprint, path, socket_class, self.endpoint, self.hub, **options)
        app.register_blueprint(blueprint)
        app.extensions[EXTENSION] = self

    def stop(self, wait_s: float = DRAIN_S) -> None:
        """Send everybody away with 1012, in spread-out rounds, and end. Waits for them at most `wait_s`."""
        self.hub.drain(wait_s=wait_s)
        self.endpoint.stop()
        self.endpoint.pubsub.stop()
        self.hub.stop()
