"""What this node knows of the presences of one other node. Pure data.

A delta is merged only where it joins on to what is known; else something was missed, the replica is
`behind`, and only a full state brings it up to date. Nothing here looks at a wall clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rumbl_web.phoenix.tracker.gossip import Delta, Page, Peer
from rumbl_web.phoenix.tracker.room import Entry


class Change(NamedTuple):
    """Entries that came and entries that went."""

    joins: Sequence[Entry] = ()
    leaves: Sequence[Entry] = ()


_NOTHING = Change()


class Replica:
    """The entries of one life of another node, at a clock of that node.

    `up` says whether they are shown: those of a silent node are kept aside, for it may come back.
    """

    def __init__(self, peer: Peer, now_ms: float) -> None:
        self.peer = peer
        self.clock = 0
        self.claimed = 0
        self.entries: dict[int, Entry] = {}
        self.up = True
        self.heard_ms = now_ms
        self.asked_ms = float("-inf")
        self._pages: dict[int, Sequence[Entry]] = {}
        self._pages_clock = 0

    @property
    def behind(self) -> bool:
        """Whether its node has told more than has arrived here."""
        return self.claimed > self.clock

    def claim(self, clock: int) -> None:
        """Its node has told everything up to `clock`."""
        self.claimed = max(self.claimed, clock)

    def merge(self, delta: Delta) -> Change:
        """Take in a delta, unless it is old or something before it is missing."""
        self.claim(delta.end)
        if not delta.start <= self.clock < delta.end:
            return _NOTHING
        joins = [entry for entry in delta.joins if entry.clock > self.clock]
        self.entries.update((entry.clock, entry) for entry in joins)
        leaves = [self.entries.pop(clock) for clock in delta.leaves if clock in self.entries]
        self.clock = delta.end
        return Change(joins, leaves)

    def take_page(self, page: Page) -> Change:
        """Take in a page of a full state; only the last one of its clock to arrive changes anything."""
        self.claim(page.clock)
        if page.clock <= self.clock or page.clock < self._pages_clock:
            return _NOTHING
        if page.clock > self._pages_clock:
            self._pages, self._pages_clock = {}, page.clock
        self._pages[page.number] = page.entries
        if len(self._pages) < page.pages:
            return _NOTHING
        there = {entry.clock: entry for _, part in sorted(self._pages.items()) for entry in part}
        self._pages = {}
        return self._replace(there, page.clock)

    def _replace(self, there: dict[int, Entry], clock: int) -> Change:
        joins = [entry for entry in there.values() if entry.clock not in self.entries]
        leaves = [self.entries.pop(gone) for gone in [*self.entries] if gone not in there]
        self.entries.update((entry.clock, entry) for entry in joins)
        self.clock = clock
        return Change(joins, leaves)
