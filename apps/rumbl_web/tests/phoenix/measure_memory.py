"""Print what one joined connection with presence costs in the runtime's own objects, in bytes.

The connections swallow what they get; a real one's own bytes are the hub's affair and come on top.

    .venv/bin/python apps/rumbl_web/tests/phoenix/measure_memory.py [connections]
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter, sleep
from typing import Any, ClassVar

from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.presence import Presence
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Socket
from rumbl_web.phoenix.socket_server import SocketServer, connect
from rumbl_web.phoenix.testing import make_endpoint
from rumbl_web.phoenix.transport import Opcode


class VideoChannel(Channel):
    """Does what rumbl's does, without the database."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        socket.assigns["video_id"] = int(topic.split(":")[1])
        socket.send_self("after_join")
        return Joined({"annotations": [], "more": False, "guest": False})

    def handle_info(self, message: Any, socket: ChannelSocket) -> None:
        here: Presence = socket.endpoint.services["presence"]
        here.push_state(socket)
        here.track(socket, socket.assigns["user_id"], {"device": "browser"})


class UserSocket(Socket):
    """As rumbl's."""

    channels: ClassVar[Mapping[str, type[Channel]]] = {"videos:*": VideoChannel}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected:
        who = {"user_id": params["user_id"], "session": f"session {params['user_id']}"}
        return Connected(who, ends_on=("expiries_socket:1",))

    def id(self, assigns: Mapping[str, Any]) -> tuple[str, ...]:
        return (f"users_socket:{assigns['user_id']}", f"sessions_socket:{assigns['session']}")


class NullConnection:
    """Costs little and swallows everything."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = 0

    def send(self, opcode: Opcode, data: bytes, *, last: bool = False) -> None:
        self.sent += 1

    def close(self, code: int, reason: str = "") -> None:
        pass


@dataclass(frozen=True)
class Measured:
    """One measurement."""

    connections: int
    seconds: float
    bytes_each: float


def measure(number: int) -> Measured:
    """Join `number` connections to one room and weigh what that allocated."""
    endpoint = make_endpoint()
    here = endpoint.services["presence"] = Presence(endpoint, max_listed=250)
    gc.collect()
    tracemalloc.start()
    try:
        before, started = tracemalloc.get_traced_memory()[0], perf_counter()
        servers = [open_one(endpoint, user_id) for user_id in range(number)]
        deadline = monotonic() + 60
        while here.count("videos:1") < number and monotonic() < deadline:
            sleep(0.01)
        seconds = perf_counter() - started
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        assert here.count("videos:1") == number == len(servers)
        return Measured(number, seconds, grown / number)
    finally:
        tracemalloc.stop()
        here.stop()


def open_one(endpoint: Endpoint, user_id: int) -> SocketServer:
    """Connect and ask to join."""
    server = connect(endpoint, UserSocket, {"user_id": user_id, "vsn": "2.0.0"})
    assert isinstance(server, SocketServer)
    server.opened(NullConnection())
    server.handle_text(b'["1","1","videos:1","phx_join",{"last_seen_id":0}]')
    return server


if __name__ == "__main__":
    result = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    print(f"{result.connections} joined, {result.bytes_each:,.0f} bytes each")  # noqa: T201  # a script's answer
