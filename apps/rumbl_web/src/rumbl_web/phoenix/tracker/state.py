"""All presences that this node knows of: rooms by topic, its own entries by process. Pure data, no lock.

Every change of its own entries moves the clock by one, and an entry is named by the clock of its making; so
other nodes can tell whether they have missed anything. Their entries come in by `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from info_sys.otp import Process
from rumbl_web.phoenix.tracker.changes import Changes
from rumbl_web.phoenix.tracker.refs import ref_maker
from rumbl_web.phoenix.tracker.room import Entry, Room


class AlreadyTracked(Exception):
    """This process is present on this topic under this key already: use update."""


class NotTracked(LookupError):
    """This process is not present on this topic under this key: use track."""


class State:
    """The presences that one node knows of. Not safe for threads by itself."""

    def __init__(self, node_name: str) -> None:
        self.node_name = node_name
        self.clock = 0
        self.rooms: dict[str, Room] = {}
        self.changes = Changes()
        self._by_process: dict[Process, tuple[Entry, ...]] = {}
        self._make_ref = ref_maker(node_name)

    def knows(self, process: Process) -> bool:
        """Whether `process` was tracked before and has not ended since."""
        return process in self._by_process

    def track(self, process: Process, topic: str, key: str, meta: Mapping[str, Any]) -> Entry:
        """Make `process` present. Raises AlreadyTracked."""
        if self._find(process, topic, key) is not None:
            raise AlreadyTracked(f"{key!r} on {topic!r}")
        return self._add(process, topic, key, {**meta, "phx_ref": self._make_ref()})

    def update(self, process: Process, topic: str, key: str, meta: Mapping[str, Any]) -> Entry:
        """Replace the meta; the new one names the old one's ref as phx_ref_prev. Raises NotTracked."""
        old = self._find(process, topic, key)
        if old is None:
            raise NotTracked(f"{key!r} on {topic!r}")
        self._remove(process, old)
        refs = {"phx_ref": self._make_ref(), "phx_ref_prev": old.ref}
        plain = {name: value for name, value in meta.items() if name not in refs}
        return self._add(process, topic, key, {**plain, **refs})

    def untrack(self, process: Process, topic: str, key: str | None = None) -> list[str]:
        """Make `process` absent from `topic`, under one key or all; give the changed topics."""
        going = [e for e in self._by_process.get(process, ()) if e.topic == topic and key in (None, e.key)]
        return self._remove_all(process, going)

    def forget(self, process: Process) -> list[str]:
        """`process` has ended: remove all its entries; give the changed topics."""
        changed = self._remove_all(process, self._by_process.get(process, ()))
        self._by_process.pop(process, None)
        return changed

    def meta(self, process: Process, topic: str, key: str) -> dict[str, Any]:
        """The present meta. Raises NotTracked."""
        entry = self._find(process, topic, key)
        if entry is None:
            raise NotTracked(f"{key!r} on {topic!r}")
        return dict(entry.meta)

    def own(self) -> list[Entry]:
        """This node's own entries, in the order of their making."""
        own = [entry for entries in self._by_process.values() for entry in entries]
        return sorted(own, key=lambda entry: entry.clock)

    def exchange(self, joins: Iterable[Entry], leaves: Iterable[Entry]) -> dict[str, None]:
        """Entries of other nodes come and go; give the topics."""
        topics: dict[str, None] = {}
        for entry in joins:
            self._room(entry.topic).add(entry)
            topics[entry.topic] = None
        for entry in leaves:
            self._room(entry.topic).remove(entry)
            topics[entry.topic] = None
        return topics

    def sweep(self, topic: str) -> None:
        """Drop the room of `topic` if nothing is left to know or tell of it."""
        room = self.rooms.get(topic)
        if room is not None and room.forgettable:
            del self.rooms[topic]

    def _room(self, topic: str) -> Room:
        room = self.rooms.get(topic)
        if room is None:
            room = self.rooms[topic] = Room()
        return room

    def _find(self, process: Process, topic: str, key: str) -> Entry | None:
        entries = self._by_process.get(process, ())
        return next((e for e in entries if e.topic == topic and e.key == key), None)

    def _add(self, process: Process, topic: str, key: str, meta: dict[str, Any]) -> Entry:
        entry = Entry(process, topic, key, meta, self.clock + 1)
        self._by_process[process] = (*self._by_process.get(process, ()), entry)
        self._room(topic).add(entry)
        self._count(entry)
        return entry

    def _remove(self, process: Process, entry: Entry) -> None:
        rest = tuple(other for other in self._by_process[process] if other is not entry)
        self._by_process[process] = rest
        self.rooms[entry.topic].remove(entry)
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        self.clock += 1
        self.changes.add(entry, self.clock)

    def _remove_all(self, process: Process, entries: list[Entry] | tuple[Entry, ...]) -> list[str]:
        for entry in entries:
            self._remove(process, entry)
        return list(dict.fromkeys(entry.topic for entry in entries))
