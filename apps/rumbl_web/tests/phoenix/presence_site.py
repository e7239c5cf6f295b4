"""A site of several nodes for the tests of presence, and people whose pages fold what they hear."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from info_sys.otp import Process
from rumbl_web.phoenix import presence
from rumbl_web.phoenix.channel import Channel, ChannelSocket
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter
from rumbl_web.phoenix.testing import make_endpoint
from rumbl_web.phoenix.tracker.cluster import Periods

from . import presence_room
from .reference import ReferenceSocket, Wire

TOPIC = "room:1"
DEADLINE_S = 10.0

QUICK = Periods(down=600, heartbeat=50, batch=5)
"""Silence is noticed within 0.6 s. A machine that stops for as long parts the nodes: they agree again."""

PATIENT = Periods(down=120_000, heartbeat=50, batch=5)
"""Within a test, nobody leaves by silence."""


def eventually(check: Callable[[], object], what: Callable[[], object] = lambda: "it") -> None:
    """Wait until `check` holds, with a deadline."""
    end = time.monotonic() + DEADLINE_S
    while not check():
        assert time.monotonic() < end, f"not within {DEADLINE_S} s: {what()}"
        time.sleep(0.005)


class Presence(presence.Presence):
    """Decorates as the book's does; counts its queries."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.queries: list[list[str]] = []

    def fetch(self, topic: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
        self.queries.append(list(entries))
        return {key: {**entry, "user": {"username": f"user{key}"}} for key, entry in entries.items()}


class RoomChannel(presence_room.RoomChannel):
    def handle_info(self, message: Any, socket: ChannelSocket) -> None:
        here: Presence = socket.endpoint.services["presence"]
        here.push_state(socket)
        ref = here.track(socket, socket.assigns["user_id"], {"device": "browser"})
        socket.push("tracked", {"phx_ref": ref})


class RoomSocket(ReferenceSocket):
    channels: ClassVar[Mapping[str, type[Channel]]] = {"room:*": RoomChannel}


class Node:
    """One node: an endpoint with presence."""

    def __init__(self, adapter: Adapter, periods: Periods = PATIENT, max_listed: int | None = None) -> None:
        self.endpoint = make_endpoint(adapter)
        self.presence = Presence(self.endpoint, max_listed=max_listed, periods=periods, name="room")
        self.endpoint.services["presence"] = self.presence

    def enter(self, user_id: str) -> Person:
        """Somebody opens a page that is served by this node; give it when it has heard of itself."""
        person = Person(self, user_id)
        eventually(lambda: person.own_ref in person.view().get(user_id, {}))
        return person

    def track(self, key: str, meta: Mapping[str, Any] | None = None) -> Process:
        """Something is present without a page."""
        process = Process().start()
        self.presence.track_process(process, TOPIC, key, meta or {})
        return process

    def keys(self) -> dict[str, int]:
        """Who is there and how often, as this node knows it."""
        return {key: len(entry["metas"]) for key, entry in self.presence.list(TOPIC).items()}

    def stop(self) -> None:
        """Stop in order."""
        self.presence.stop()
        self.endpoint.pubsub.stop()


class Person(Wire):
    """A page in a browser: it folds every `presence_state` and `presence_diff` as phoenix.js does."""

    def __init__(self, node: Node, user_id: str) -> None:
        super().__init__(node.endpoint, user_id, RoomSocket)
        self.node = node
        self.user_id = user_id
        self._frames: list[Any] = []
        self.send(f'["1","1","{TOPIC}","phx_join",{{}}]')

    def frames(self) -> list[Any]:
        """All that has come so far; nobody takes it out of the inbox, so each is read once."""
        news = self.connection.inbox.items[len(self._frames) :]
        self._frames += [json.loads(data) for _, data in news]
        return self._frames

    def heard(self, event: str) -> list[Any]:
        """The payloads of all frames of this event."""
        return [frame[4] for frame in self.frames() if frame[3] == event]

    @property
    def own_ref(self) -> str | None:
        """Its own first phx_ref, once it is tracked. Its key may have those of other tabs too."""
        return next((tracked["phx_ref"] for tracked in self.heard("tracked")), None)

    def view(self) -> dict[str, dict[str, Any]]:
        """What the page shows: by key, the metas by ref."""
        shown: dict[str, dict[str, Any]] | None = None
        before: list[Any] = []
        for frame in self.frames():
            match frame:
                case [_, _, _, "presence_state", state]:
                    shown = by_ref(state)
                    for diff in before:
                        sync(shown, diff)
                case [_, _, _, "presence_diff", diff] if shown is None:
                    before.append(diff)
                case [_, _, _, "presence_diff", diff]:
                    sync(shown, diff)
        return shown or {}

    def agrees(self) -> bool:
        """Whether the page shows what its node would list now."""
        return self.view() == by_ref(self.node.presence.list(TOPIC))


def sync(shown: dict[str, dict[str, Any]], diff: Any) -> None:
    """phoenix.js' syncDiff: joins, then leaves."""
    for key, metas in by_ref(diff["joins"]).items():
        shown.setdefault(key, {}).update(metas)
    for key, metas in by_ref(diff["leaves"]).items():
        for ref in metas:
            shown.get(key, {}).pop(ref, None)
        if not shown.get(key, {}):
            shown.pop(key, None)


def by_ref(entries: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The metas of each key by their refs."""
    return {key: {meta["phx_ref"]: meta for meta in entry["metas"]} for key, entry in entries.items()}
