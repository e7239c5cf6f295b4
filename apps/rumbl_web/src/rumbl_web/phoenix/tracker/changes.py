"""What this node's own presences did since the others were last told. Pure data.

Every change moves the node's clock by one, so the list needs no numbers: the change at place n has the clock
`start + 1 + n`. It is a join when that is the entry's own clock, else a leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rumbl_web.phoenix.tracker.room import Entry

MAX_CHANGES: Final = 100_000
"""More than this is not told one by one: the others find a gap and ask for the whole."""

LEAVE_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Range:
    """All changes with clocks above `start` up to `end`: who came and stayed, the clocks of who went."""

    start: int
    end: int
    joins: list[Entry]
    leaves: list[int]


class Changes:
    """The changes in their order. Nothing is kept while `recording` is off: nobody wants to know."""

    __slots__ = ("_entries", "_recording", "start")

    def __init__(self) -> None:
        self.start = 0
        self._entries: list[Entry] = []
        self._recording = False

    def record(self, on: bool) -> None:
        """Keep changes from now on, or keep none."""
        self._recording = on
        if not on:
            self._forget()

    def add(self, entry: Entry, clock: int) -> None:
        """`entry` came or went, and that was the change number `clock` of this node."""
        if self._recording:
            self._entries.append(entry)
        else:
            self.start = clock
        if len(self._entries) > MAX_CHANGES:
            self._forget()

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, size_of: Callable[[Entry], int], max_bytes: int) -> Iterator[Range]:
        """Give and forget them, in ranges that follow each other, each of about `max_bytes` at most.

        A leave is told even when the join was not, for whoever has seen the entry in a full state.
        """
        entries, start = self._entries, self.start
        self._forget()
        left = {entry.clock for clock, entry in enumerate(entries, start + 1) if entry.clock != clock}
        part, size = Range(start, start, [], []), 0
        for clock, entry in enumerate(entries, start + 1):
            if entry.clock != clock:
                part.leaves.append(entry.clock)
                size += LEAVE_BYTES
            elif clock not in left:
                grown = size_of(entry)
                if size and size + grown > max_bytes:
                    yield Range(part.start, clock - 1, part.joins, part.leaves)
                    part, size = Range(clock - 1, clock, [], []), 0
                part.joins.append(entry)
                size += grown
            if size >= max_bytes:
                yield Range(part.start, clock, part.joins, part.leaves)
                part, size = Range(clock, clock, [], []), 0
        end = start + len(entries)
        if part.start < end:
            yield Range(part.start, end, part.joins, part.leaves)

    def _forget(self) -> None:
        self.start += len(self._entries)
        self._entries = []
