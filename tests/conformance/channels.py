"""The topics and events of the conformance server, as client suites of others want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from info_sys.otp import call_after
from rumbl_web.phoenix.channel import Channel, ChannelSocket, Joined, Refused, Reply, Stop, UnknownEvent
from rumbl_web.phoenix.presence import NotTracked, Presence
from rumbl_web.phoenix.serializer import Serializer
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Socket
from tests.conformance.supabase import SupabaseJSON

LATER_MS = 100
MOST_MS = 60_000


class RoomChannel(Channel):
    """`room:*`: one event per thing that a server can do."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        match topic:
            case "room:denied":
                return Refused({"reason": "unauthorized"})
            case "room:crash":
                raise RuntimeError("the join was told to crash")
        params = payload if isinstance(payload, dict) else {}
        if params.get("presence") is True:
            socket.send_self(("present", params.get("meta")))
        return Joined({"topic": topic, "params": payload})

    def handle_info(self, message: Any, socket: ChannelSocket) -> None:
        _, meta = message
        appear(socket, _key(socket), meta)

    def handle_in(  # noqa: C901  # one case per event of the suites
        self, event: str, payload: Any, socket: ChannelSocket
    ) -> Reply | Stop | None:
        match event:
            case "ping" | "ping_bin":
                return Reply("ok", payload)
            case "fail":
                return Reply("error", payload)
            case "only_ok" | "only_error":
                return Reply(event.removeprefix("only_"))
            case "silent":
                return None
            case "later":
                ref = socket.ref()
                call_after(lambda: ref.reply("ok", payload), _delay(payload))
                return None
            case "push_back" | "push_bin":
                socket.push("pushed" if event == "push_back" else "pushed_bin", payload)
                return None
            case "shout" | "new_msg" | "shout_bin":
                socket.broadcast(event, payload)
            case "shout_from":
                socket.broadcast_from("shout", payload)
            case "crash":
                raise RuntimeError("the channel was told to crash")
            case "stop_normal" | "stop_other":
                return Stop(event.removeprefix("stop_"))
            case "stop_reply":
                return Stop("normal", Reply("ok", payload))
            case "disconnect_me":
                if socket.id is not None:
                    socket.endpoint.disconnect(socket.id)
                return None
            case "update_meta":
                presence(socket).update(socket, _key(socket), payload)
            case "untrack":
                presence(socket).untrack(socket)
            case "bin_size":
                return Reply("ok", {"size": len(payload)})
            case _:
                raise UnknownEvent(event)
        return Reply("ok")


class RealtimeChannel(Channel):
    """`realtime:*`: what Supabase's clients ask for."""

    def join(self, topic: str, payload: Any, socket: ChannelSocket) -> Joined | Refused:
        if topic.startswith("realtime:denied"):
            return Refused({"reason": "unauthorized"})
        config = _part(payload, "config")
        socket.assigns["broadcast"] = _part(config, "broadcast")
        socket.assigns["key"] = _part(config, "presence").get("key") or str(uuid4())
        return Joined({"postgres_changes": []})

    def handle_in(self, event: str, payload: Any, socket: ChannelSocket) -> Reply | None:
        match event:
            case "broadcast":
                return self._broadcast(payload, socket)
            case "presence":
                return self._presence(payload, socket)
            case "ping":
                return Reply("ok", payload)
            case "crash":
                raise RuntimeError("the channel was told to crash")
            case _:
                return None

    @staticmethod
    def _broadcast(payload: Any, socket: ChannelSocket) -> Reply | None:
        wanted = socket.assigns["broadcast"]
        if wanted.get("self"):
            socket.broadcast("broadcast", payload)
        else:
            socket.broadcast_from("broadcast", payload)
        return Reply("ok") if wanted.get("ack") else None

    @staticmethod
    def _presence(payload: Any, socket: ChannelSocket) -> Reply | None:
        match payload:
            case {"event": "track", "payload": meta}:
                appear(socket, socket.assigns["key"], meta)
            case {"event": "untrack"}:
                presence(socket).untrack(socket)
            case _:
                return None
        return Reply("ok")


class ConformanceSocket(Socket):
    """Everybody may connect; `reject` and `ratelimit` are refused with their HTTP status."""

    channels: ClassVar[Mapping[str, type[Channel]]] = {"room:*": RoomChannel, "realtime:*": RealtimeChannel}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected | Refused:
        if params.get("reject") == "true":
            return Refused(http_status=403)
        if params.get("ratelimit") == "true":
            return Refused(http_status=429)
        return Connected({"user_id": params.get("user_id")})

    def id(self, assigns: Mapping[str, Any]) -> str | None:
        return None if assigns["user_id"] is None else f"users_socket:{assigns['user_id']}"

    @classmethod
    def serializer(cls, vsn: object) -> Serializer | None:
        found = super().serializer(vsn)
        return SUPABASE if found is not None and found.vsn == SUPABASE.vsn else found


SUPABASE = SupabaseJSON()


def presence(socket: ChannelSocket) -> Presence:
    """The presences of the server."""
    found: Presence = socket.endpoint.services["presence"]
    return found


def appear(socket: ChannelSocket, key: str, meta: Any) -> None:
    """The list first, then be on it; a second time replaces the meta, as with Supabase."""
    presence(socket).push_state(socket)
    fields = meta if isinstance(meta, dict) else {}
    try:
        presence(socket).update(socket, key, fields)
    except NotTracked:
        presence(socket).track(socket, key, fields)


def _key(socket: ChannelSocket) -> str:
    return str(socket.assigns["user_id"])


def _part(payload: Any, name: str) -> dict[str, Any]:
    part = payload.get(name) if isinstance(payload, dict) else None
    return part if isinstance(part, dict) else {}


def _delay(payload: Any) -> int:
    wanted = payload.get("ms") if isinstance(payload, dict) else None
    return min(max(wanted, 0), MOST_MS) if type(wanted) is int else LATER_MS
