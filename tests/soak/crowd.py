"""All tabs: they come, write at a steady rate, and leave."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from tests.soak.judge import View
from tests.soak.loop import Loop
from tests.soak.room import Room
from tests.soak.tab import Tab
from tests.soak.tally import Tally

OPENING_PER_S = 200
SUM_EVERY = 20
"""So many notes and one is a sum, which the site answers by another note."""
OVERDUE_S = 2.0
"""A note that has waited so long for its acknowledgement is not in order."""


class Crowd:
    """One tab for each token, spread over the videos in turn. `seed` says who writes when."""

    def __init__(self, loop: Loop, port: int, tokens: Sequence[str], video_ids: Sequence[int], seed: int):
        self.tally = Tally()
        self.rooms = [Room(video_id) for video_id in video_ids]
        self._loop = loop
        self._chance = random.Random(seed)
        self.tabs = [
            Tab(loop, self.rooms[n % len(self.rooms)], token, port, self.tally, self._chance)
            for n, token in enumerate(tokens)
        ]
        self._writes_on = False

    @property
    def joined(self) -> int:
        """How many tabs have joined."""
        return sum(tab.joined for tab in self.tabs)

    @property
    def written(self) -> int:
        """How many notes were written."""
        return sum(len(room.written) for room in self.rooms)

    @property
    def acknowledged(self) -> int:
        """How many of them a server said to have stored."""
        return sum(len(room.acknowledged) for room in self.rooms)

    def whole(self) -> bool:
        """Whether everybody is there, knows of nothing that it lacks, and waits for no answer for long."""
        overdue = time.monotonic() - OVERDUE_S
        return all(
            tab.joined and not tab.lacks and min(tab.pending.values(), default=overdue) >= overdue
            for tab in self.tabs
        )

    def settled(self) -> bool:
        """Whether, besides, no note waits for its acknowledgement any more."""
        return self.whole() and not any(tab.pending for tab in self.tabs)

    def open(self) -> None:
        """Let the tabs come, some each moment."""
        for n, tab in enumerate(self.tabs):
            self._loop.later(n / OPENING_PER_S, tab.connect)

    def write(self, rate: float) -> None:
        """Begin to write so many notes a second, each in a tab drawn by chance; until `hush`."""
        self._writes_on = True
        self._write_next(rate, time.monotonic())

    def hush(self) -> None:
        """Write no more."""
        self._writes_on = False

    def views(self) -> list[Callable[[], View]]:
        """What each tab has, made when it is asked for: all at once they are large."""
        return [lambda tab=tab, n=n: View(f"tab {n}", tab.room.video_id, tab.ids())
                for n, tab in enumerate(self.tabs)]  # fmt: skip

    def close(self) -> None:
        """Close all tabs."""
        for tab in self.tabs:
            tab.close()

    def _write_next(self, rate: float, due: float) -> None:
        if not self._writes_on:
            return
        tab = self._chance.choice(self.tabs)
        key = f"note {self.written}"
        tab.room.written.add(key)
        sum_ = self.written % SUM_EVERY == 0
        tab.write(key, f"{self.written} * 7" if sum_ else "This asks nothing.")
        due += 1 / rate
        self._loop.later(max(0.0, due - time.monotonic()), lambda: self._write_next(rate, due))
