"""A room with presence, its channel, and an ear on what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rumbl_web.phoenix import presence
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Reply
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.testing import Inbox

from .reference import ReferenceSocket, Wire

TOPIC = "room:1"
JOIN = '["1","1","room:1","phx_join",{}]'


class Presence(presence.Presence):
    """Decorates as the book's does; counts its queries."""

    def __init__(self, endpoint: Endpoint, max_listed: int | None = None) -> None:
        super().__init__(endpoint, max_listed)
        self.queries: list[list[str]] = []
        self.broken = False

    def fetch(self, topic: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
        self.queries.append(list(entries))
        if self.broken:
            raise RuntimeError("the database is away")
        return {key: {**entry, "user": {"username": f"user{key}"}} for key, entry in entries.items()}


class RoomChannel(Channel):
    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined:
        socket.send_self("after_join")
        return Joined({"annotations": []})

    def handle_info(self, message: Any, socket: ChannelSocket) -> None:
        here: Presence = socket.endpoint.services["presence"]
        here.push_state(socket)
        here.track(socket, int(socket.assigns["user_id"]), {"device": "browser"})

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply:
        here: Presence = socket.endpoint.services["presence"]
        match event:
            case "update":
                here.update(socket, socket.assigns["user_id"], lambda meta: {**meta, **payload})
            case "untrack":
                here.untrack(socket)
            case "crash":
                raise RuntimeError("the channel was told to crash")
        return Reply("ok")


class RoomSocket(ReferenceSocket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"room:*": RoomChannel}


def enter(endpoint: Endpoint, user_id: str) -> tuple[Wire, str]:
    """Join as a user, and read everything up to the own diff; give the own ref."""
    wire = Wire(endpoint, user_id, RoomSocket)
    wire.ask(JOIN, 2)
    diff = wire.receive()[0]
    return wire, diff[4]["joins"][user_id]["metas"][0]["phx_ref"]


def entry(user_id: str, *refs: str) -> dict[str, Any]:
    metas = [{"device": "browser", "phx_ref": ref} for ref in refs]
    return {user_id: {"metas": metas, "user": {"username": f"user{user_id}"}}}


class Ear:
    """Hears what is said on a topic."""

    def __init__(self, endpoint: Endpoint, topic: str = TOPIC) -> None:
        self.heard: Inbox[Broadcast] = Inbox()
        endpoint.pubsub.subscribe(topic, self)

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard.put(message)
        return True

    def next(self, event: str) -> Any:
        found = self.heard.take(lambda broadcast: broadcast.event == event, 2.5)
        assert found, f"no {event} but {self.heard.items}"
        return found.payload
