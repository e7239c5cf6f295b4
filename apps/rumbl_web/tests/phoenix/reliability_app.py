"""A site with one kind of room, for what it must survive. gunicorn loads it in a process of its own."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, request

from rumbl_web.phoenix import gauges
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined
from rumbl_web.phoenix.live import Live
from rumbl_web.phoenix.presence import Presence
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Socket
from rumbl_web.phoenix.transports.options import HubOptions, Limits

TOPIC = "room:1"
SHORT_S = 0.6
"""How long a client of `/short` may say nothing."""
REQUESTS = "ThreadPoolExecutor"
"""gunicorn's request threads, which come one by one up to their number."""


class Room(Channel):
    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        socket.send_self("after_join")
        return Joined()

    def handle_info(self, message: object, socket: ChannelSocket) -> None:
        presence.track(socket, socket.assigns["name"], {})


class Anybody(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"room:*": Room}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected:
        return Connected({"name": params.get("name", "nobody")})


app = Flask(__name__)
live = Live("a secret for tests, long enough to be one: 0123456789", options=HubOptions(close_timeout_s=0.5))
live.mount(app, "/socket", Anybody)
live.mount(app, "/short", Anybody, limits=Limits(idle_timeout_s=SHORT_S))
presence = Presence(live.endpoint)


def is_socket(descriptor: str) -> bool:
    with suppress(FileNotFoundError):  # the one that listed them
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
    return False


@app.get("/stats")
def stats() -> dict[str, Any]:
    """Of the process. `collect`: without garbage that was not found yet; `sockets`: count those too."""
    if "collect" in request.args:
        gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    measured = gauges.measurements(live.hub)
    return {
        **measured,
        "descriptors": len(descriptors := os.listdir("/proc/self/fd")),
        "sockets": sum(map(is_socket, descriptors)) if "sockets" in request.args else None,
        "threads": sum(not one.name.startswith(REQUESTS) for one in threading.enumerate()),
        "blocks": sys.getallocatedblocks(),
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
        "short_s": SHORT_S,
        "present": sorted(presence.list(TOPIC)),
    }


@app.post("/say")
def say() -> dict[str, Any]:
    """Broadcast `count` texts of `size` characters."""
    for _ in range(int(request.args["count"])):
        live.endpoint.broadcast(TOPIC, "said", {"text": "~" * int(request.args["size"])})
    return {}
