"""One topic's presences and what of their changes has not been told yet. Pure data, no clock, no lock.

Up to `max_listed` sessions every change is told as a diff. In a larger crowd a diff per change would cost
the square of its size, so only the number is told; when the crowd has shrunk well below the limit, the
whole list is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from info_sys.otp import Process

MAX_WINDOW_MS: Final = 1000.0
WINDOW_MS_PER_SESSION: Final = 0.1

Entries = dict[str, dict[str, Any]]
"""Presence key to `{"metas": [...]}`; `fetch` may add to that."""


class Entry:
    """One session: a process that is present on a topic under a key, with its meta.

    `process` is None when it lives on another node; `clock` is the number that its own node gave it.
    """

    __slots__ = ("clock", "key", "meta", "process", "topic")

    def __init__(
        self, process: Process | None, topic: str, key: str, meta: dict[str, Any], clock: int
    ) -> None:
        self.process = process
        self.topic = topic
        self.key = key
        self.meta = meta
        self.clock = clock

    @property
    def ref(self) -> str:
        """Its phx_ref."""
        return str(self.meta["phx_ref"])


@dataclass(frozen=True, slots=True)
class Diff:
    """Sessions that came and went since the last announcement."""

    joins: Entries
    leaves: Entries


@dataclass(frozen=True, slots=True)
class Count:
    """How many sessions there are in a crowd."""

    count: int


@dataclass(frozen=True, slots=True)
class Everybody:
    """The whole list, after a crowd."""

    entries: Entries


@dataclass(frozen=True, slots=True)
class Again:
    """The whole list, since what was told of it lacked something; to be told only if it lacks nothing now."""

    entries: Entries


Announcement = Diff | Count | Everybody | Again


class Room:
    """The sessions on one topic in the order of their coming."""

    __slots__ = ("_joins", "_leaves", "_shown", "_told_count", "announced_ms", "crowded", "entries", "queued")

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.crowded = False
        self.queued = False
        self.announced_ms = float("-inf")
        self._told_count = 0
        self._joins: dict[str, Entry] | None = None
        self._leaves: dict[str, Entry] | None = None
        self._shown = False

    def add(self, entry: Entry) -> None:
        """A session comes, or comes back with its node: a going that nobody knows of yet is never told."""
        ref = entry.ref
        if ref in self.entries:
            return  # refs never repeat, so another node is wrong; who was here first stays
        self.entries[ref] = entry
        untold = self._leaves is not None and self._leaves.pop(ref, None) is not None
        if self.crowded or (untold and not self._shown):
            return
        if self._joins is None:
            self._joins = {}
        self._joins[ref] = entry

    def remove(self, entry: Entry) -> None:
        """A session goes. Whoever came and went with nobody knowing is never told of."""
        ref = entry.ref
        if self.entries.get(ref) is not entry:
            return
        del self.entries[ref]
        untold = self._joins is not None and self._joins.pop(ref, None) is not None
        if self.crowded or (untold and not self._shown):
            return
        if self._leaves is None:
            self._leaves = {}
        self._leaves[ref] = entry

    def show(self, limit: int | None = None) -> Entries:
        """At most `limit` sessions, to show somebody: what is untold by then is told even if it is undone."""
        self._shown = self._shown or bool(self._joins or self._leaves)
        return group(self.entries.values(), limit)

    def window_ms(self) -> float:
        """How long to collect changes after an announcement: the larger the room, the longer."""
        if self.crowded:
            return MAX_WINDOW_MS
        return min(MAX_WINDOW_MS, WINDOW_MS_PER_SESSION * len(self.entries))

    def announce(self, max_listed: int | None = None) -> Announcement | None:
        """What to tell now; None if there is nothing. It counts as told."""
        self._shown = False
        if max_listed is not None and self._crowd_changes(max_listed):
            self.crowded = not self.crowded
            self._joins = self._leaves = None
            self._told_count = len(self.entries)
            return Count(self._told_count) if self.crowded else Everybody(group(self.entries.values()))
        if self.crowded:
            return self._announce_count()
        joins, self._joins = self._joins, None
        leaves, self._leaves = self._leaves, None
        if not joins and not leaves:
            return None
        return Diff(group((joins or {}).values()), group((leaves or {}).values()))

    def _crowd_changes(self, max_listed: int) -> bool:
        # The way back lies a fifth lower, so that one tab opening and closing does not flip it.
        size = len(self.entries)
        return size <= max_listed * 4 // 5 if self.crowded else size > max_listed

    def _announce_count(self) -> Count | None:
        if len(self.entries) == self._told_count:
            return None
        self._told_count = len(self.entries)
        return Count(self._told_count)

    @property
    def forgettable(self) -> bool:
        """Empty, and everybody knows."""
        return not (self.entries or self.queued or self._joins or self._leaves or self.crowded)


def group(entries: Any, limit: int | None = None) -> Entries:
    """Sessions by key, each with its metas in order; at most `limit` sessions. Metas are copies.

    `entries` is any iterable of Entry.
    """
    grouped: Entries = {}
    for number, entry in enumerate(entries):
        if number == limit:
            break
        there = grouped.get(entry.key)
        if there is None:
            grouped[entry.key] = {"metas": [dict(entry.meta)]}
        else:
            there["metas"].append(dict(entry.meta))
    return grouped
