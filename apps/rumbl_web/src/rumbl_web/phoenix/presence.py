"""Presence: who is on a topic, told to everybody there as it changes. Subclass it to decorate the entries.

    class Presence(presence.Presence):
        def fetch(self, topic, entries):
            users = names_of(list(entries))                      # one query for the whole batch
            return {key: {**entry, "user": users.get(key)} for key, entry in entries.items()}

    def handle_info(self, message, socket):                      # in the channel, after "after_join"
        presence.push_state(socket)
        presence.track(socket, user_id, {"device": "browser"})

The list comes first, then the tracking, so a joiner learns of itself by the diff. Clients hear
`presence_state`, `presence_diff`, and in crowds `presence_count` (docs/adr/0001-presence-in-crowds.md).

All nodes see the presences of all (docs/adr/0007-presence-between-nodes.md). Each owns those of its own
channels and tells the others by PubSub; those of a node that falls silent leave after `Periods.down`, and
come back with it; those of a node that stops leave at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from info_sys.otp import Process
from info_sys.otp.supervisor import ChildSpec
from rumbl_web.phoenix.channel_socket import ChannelSocket
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.tracker.cluster import Periods
from rumbl_web.phoenix.tracker.room import Again, Announcement, Count, Diff, Entries, Everybody
from rumbl_web.phoenix.tracker.state import AlreadyTracked, NotTracked
from rumbl_web.phoenix.tracker.tracker import Meta, Tracker

__all__ = ["AlreadyTracked", "Entries", "NotTracked", "Periods", "Presence", "Undecorated"]

log = logging.getLogger(__name__)

STATE: Final = "presence_state"
DIFF: Final = "presence_diff"
COUNT: Final = "presence_count"

Metas = list[dict[str, Any]]

_SNAPSHOT_S: Final = 1.0
_REPORT_EVERY_S: Final = 10.0


class Undecorated(Exception):
    """Raised by `fetch` for what it expects and has told of itself: a database that is away for a while."""


class Presence:
    """The presences of one endpoint, until that stops. Works from the moment it is made, on any thread.

    One `name` is one presence of the whole site, the same on every node (default: the name of the class).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        max_listed: int | None = None,
        periods: Periods | None = None,
        name: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        kind = type(self)
        self._control_topic = f"phx_presence:{name or f'{kind.__module__}.{kind.__qualname__}'}"
        self.periods = periods or Periods()
        self._tracker = Tracker(endpoint.pubsub.adapter.node_name, self._announce, max_listed, self.periods)
        # In a crowd joiners share one list for a second: each making its own would cost the crowd's square.
        self._reported_s = float("-inf")
        self._snapshots: dict[str, tuple[float, Entries]] = {}
        # Listen first: the first thing that is said is answered.
        self._ear = _Ear(self._tracker)
        endpoint.pubsub.subscribe(self._control_topic, self._ear)
        self._tracker.replicate(self._say)
        endpoint.on_stop(self.stop)

    def fetch(self, topic: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
        """Decorate a batch of entries `{key: {"metas": [...]}}`; override it. Keep the metas with their refs.

        It is called once for a list and once for a diff, whatever their size. If it raises, who is there is
        told undecorated; once it works again, whoever is there then is told again (as joins of a diff),
        decorated. `Undecorated` is no crash: it is not logged.
        """
        return entries

    def track(self, socket: ChannelSocket, key: object, meta: Mapping[str, Any]) -> str:
        """Make this channel present under `key` (a string on the wire) until it ends; give its phx_ref.

        Several channels under one key are several metas of it. Raises AlreadyTracked, and TypeError for a
        meta that is no JSON.
        """
        return self.track_process(socket.process, socket.topic, key, meta)

    def track_process(self, process: Process, topic: str, key: object, meta: Mapping[str, Any]) -> str:
        """Make any process present, as `track`."""
        return self._tracker.track(process, topic, str(key), meta)

    def update(self, socket: ChannelSocket, key: object, meta: Meta) -> str:
        """Replace the meta, or change it by a function of the old; give the new ref.

        Raises NotTracked, and TypeError as `track`.
        """
        return self._tracker.update(socket.process, socket.topic, str(key), meta)

    def untrack(self, socket: ChannelSocket, key: object = None) -> None:
        """Make this channel absent, under one key or (None) all."""
        self._tracker.untrack(socket.process, socket.topic, None if key is None else str(key))

    def list(self, topic: str) -> Entries:
        """Who is there, decorated; in a crowd at most `max_listed` sessions, up to a second old."""
        if not self._tracker.crowded(topic):
            self._snapshots.pop(topic, None)
            return self._decorate(topic, self._tracker.list(topic))
        made, entries = self._snapshots.get(topic, (float("-inf"), {}))
        if made + _SNAPSHOT_S < monotonic():
            entries = self._decorate(topic, self._tracker.list(topic))
            self._snapshots[topic] = (monotonic(), entries)
        return entries

    def get_by_key(self, topic: str, key: object) -> Metas:
        """The metas under one key, undecorated."""
        return [dict(entry.meta) for entry in self._tracker.entries(topic, str(key))]

    def count(self, topic: str) -> int:
        """How many sessions are there."""
        return self._tracker.count(topic)

    def push_state(self, socket: ChannelSocket) -> None:
        """Push `presence_state` to a joiner, and in a crowd its size."""
        socket.push(STATE, self.list(socket.topic))
        if self._tracker.crowded(socket.topic):
            socket.push(COUNT, {"count": self.count(socket.topic)})

    def child_spec(self, child_id: str) -> ChildSpec:
        """Its processes as a child of a site's supervisor: in its tree, and brought back in any case."""
        return ChildSpec(child_id, self._tracker.supervisor, type="supervisor", shutdown_ms=None)

    def nodes(self) -> dict[str, bool]:
        """The other nodes by name, and whether they were heard of lately."""
        return self._tracker.nodes()

    def stop(self) -> None:
        """Announce nothing more; this node's presences leave the others at once. May be called twice."""
        self._endpoint.pubsub.unsubscribe(self._control_topic, self._ear)
        self._tracker.stop()

    def _say(self, event: str, payload: dict[str, Any]) -> None:
        self._endpoint.pubsub.broadcast_from(self._ear, self._control_topic, event, payload)

    def _announce(self, topic: str, announcement: Announcement) -> None:
        # To this node's subscribers only: each node tells its own of all changes that it learns of.
        told = self._render(topic, announcement)
        if told is not None:
            self._endpoint.pubsub.deliver(Broadcast(topic, *told))

    def _render(self, topic: str, announcement: Announcement) -> tuple[str, dict[str, Any]] | None:
        match announcement:
            case Count(count):
                return COUNT, {"count": count}
            case Everybody(entries):
                self._snapshots.pop(topic, None)
                return STATE, self._decorate(topic, entries)
            case Diff(joins, leaves):
                return DIFF, self._decorate_diff(topic, joins, leaves)
            case Again(entries):
                decorated = self._decorate(topic, entries)
                return None if decorated is entries else (DIFF, {"joins": decorated, "leaves": {}})

    def _decorate_diff(self, topic: str, joins: Entries, leaves: Entries) -> dict[str, Entries]:
        """Both sides by one fetch, the metas of a key that is on both (it was updated) together."""
        both = {key: {"metas": [*_metas(joins, key), *_metas(leaves, key)]} for key in {**joins, **leaves}}
        decorated = self._decorate(topic, both)
        return {"joins": _side(decorated, joins), "leaves": _side(decorated, leaves)}

    def _decorate(self, topic: str, entries: Entries) -> Entries:
        """Fetch; if that fails, who is there is still told, undecorated for now."""
        if not entries:
            return entries
        try:
            return dict(self.fetch(topic, entries))
        except Exception as error:
            if not isinstance(error, Undecorated):
                self._report(topic, error)
            self._tracker.owe(topic)
            return entries

    def _report(self, topic: str, error: Exception) -> None:
        """Log the whole crash, but now and then only: a database that is away fails every fetch there is."""
        now = monotonic()
        if now - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = now
            log.error("%s.fetch failed on %r", type(self).__name__, topic, exc_info=error)


def _metas(entries: Entries, key: str) -> Metas:
    return entries[key]["metas"] if key in entries else []


def _side(decorated: Entries, entries: Entries) -> Entries:
    """The keys of one side of a diff as they were decorated, each with the metas of this side."""
    side: Entries = {}
    for key, entry in entries.items():
        if key in decorated:
            refs = {meta["phx_ref"] for meta in entry["metas"]}
            metas = [meta for meta in decorated[key].get("metas", ()) if meta.get("phx_ref") in refs]
            side[key] = {**decorated[key], "metas": metas or entry["metas"]}
    return side


class _Ear:
    """Listens to the other nodes' presences."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def send(self, message: object) -> bool:
        """Hand on what another node said."""
        return not isinstance(message, Broadcast) or self._tracker.hear(message.event, message.payload)
