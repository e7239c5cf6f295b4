"""The two channels of the reference server that the recorded frames of spec 3 come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from info_sys.otp import call_after
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Refused, Reply, Stop
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Socket
from rumbl_web.phoenix.socket_server import SocketServer, connect
from rumbl_web.phoenix.testing_transport import MemoryConnection
from rumbl_web.phoenix.transport import Opcode


class PlainChannel(Channel):
    intercepts: ClassVar[frozenset[str]] = frozenset({"intercept_me"})
    ended: ClassVar[list[tuple[str, object]]] = []

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        if topic == "plain:bare":
            return Joined()
        if topic == "plain:list":
            return Joined([1, 2])
        return Joined({"annotations": []})

    def handle_in(  # noqa: C901  # one case per event of the reference server
        self, event: str, payload: Any, socket: ChannelSocket
    ) -> Reply | Stop | None:
        match event:
            case "ping" | "ping_bin":
                return Reply("ok", payload if isinstance(payload, bytes) else {})
            case "fail":
                return Reply("error", payload)
            case "only_error":
                return Reply("error")
            case "echo":
                return Reply("ok", payload)
            case "silent":
                return None
            case "crash":
                raise RuntimeError("the channel was told to crash")
            case "push_back":
                socket.push("pushed", payload)
                return None
            case "push_bin":
                socket.push("pushed_bin", payload)
                return None
            case "shout" | "intercept_me" | "list_broadcast":
                socket.broadcast(event, [1] if event == "list_broadcast" else payload)
                return None if event == "intercept_me" else Reply("ok")
            case "shout_from":
                socket.broadcast_from("shout", payload)
                return Reply("ok")
            case "new_annotation":
                user = {"username": socket.assigns["user_id"]}
                socket.broadcast("new_annotation", {**payload, "id": 2, "user": user})
                return Reply("ok")
            case "later":
                ref = socket.ref()
                call_after(lambda: ref.reply("ok", payload), 1)
                return None
            case "stop_normal":
                return Stop("normal")
            case "stop_shutdown":
                return Stop("shutdown")
            case "stop_shutdown_tuple":
                return Stop(("shutdown", "enough"))
            case "stop_other":
                return Stop("other")
            case "stop_reply":
                return Stop("normal", Reply("ok", payload))
            case "wrong":
                return {"not": "a reply"}  # type: ignore[return-value]  # what a newcomer might write
            case _:
                return super().handle_in(event, payload, socket)

    def handle_out(self, event: str, payload: Any, socket: ChannelSocket) -> None:
        socket.push("intercepted", {**payload, "for": socket.assigns["user_id"]})

    def terminate(self, reason: object, socket: ChannelSocket) -> None:
        self.ended.append((socket.topic, reason))


class VideosChannel(Channel):
    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        match topic.split(":")[1]:
            case "denied":
                return Refused({"reason": "unauthorized"})
            case "crash":
                raise RuntimeError("the join was told to crash")
            case "object":
                return Joined({"what": object()})
            case "early":
                socket.push("too", {"early": True})
            case "wrong":
                return True  # type: ignore[return-value]  # what a newcomer might write
        return Joined()


class ReferenceSocket(Socket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"videos:*": VideosChannel, "plain:*": PlainChannel}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected | Refused:
        user_id = params.get("user_id")
        return Refused(http_status=401) if user_id is None else Connected({"user_id": user_id})

    def id(self, assigns: Mapping[str, Any]) -> str:
        return f"users_socket:{assigns['user_id']}"


class Wire:
    """A client that speaks raw frames."""

    params: ClassVar[Mapping[str, str]] = {"vsn": "2.0.0"}

    def __init__(
        self, endpoint: Endpoint, user_id: str = "1", socket: type[Socket] = ReferenceSocket
    ) -> None:
        server = connect(endpoint, socket, {"user_id": user_id, **self.params})
        assert isinstance(server, SocketServer)
        self.server = server
        self.connection = MemoryConnection()
        server.opened(self.connection)

    def send(self, *frames: str | bytes) -> None:
        for frame in frames:
            if isinstance(frame, bytes):
                self.server.handle_binary(frame)
            else:
                self.server.handle_text(frame.encode())

    def receive(self, count: int = 1) -> list[Any]:
        """The next frames: parsed JSON, or bytes."""
        frames = self.connection.receive(count)
        return [data if opcode is Opcode.BINARY else json.loads(data) for opcode, data in frames]

    def ask(self, frame: str | bytes, count: int = 1) -> list[Any]:
        """Send one frame and receive `count`."""
        self.send(frame)
        return self.receive(count)

    def quiet(self) -> bool:
        """True when nothing else was under way."""
        self.send('[null,"quiet","phoenix","heartbeat",{}]')
        return bool(self.receive()[0][1] == "quiet")
