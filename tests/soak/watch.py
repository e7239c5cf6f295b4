"""What goes on beside the tabs, each on a thread: the faults, the memory, and somebody who reads pages."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf

import psutil
import requests

from tests.soak.faults import KINDS, Blow
from tests.soak.judge import Goal
from tests.soak.memory import Series
from tests.soak.stage import Stage
from tests.soak.tally import percentile

SAMPLE_S = 5.0
STEADY_S = 1.0
"""All is well again when it has been so for so long: what was lost is not missed at once."""
VISIT_S = 0.5
VISIT_TIMEOUT_S = 30.0


class Thread(threading.Thread):
    """Does `turn` again and again until `end`. What it raises is kept for `end` to raise again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self._raised: BaseException | None = None

    def turn(self) -> float | None:
        """One step; how many seconds to wait before the next, None for no more."""
        raise NotImplementedError

    def run(self) -> None:
        """Live until `end`."""
        try:
            while (wait_s := self.turn()) is not None and not self.over.wait(wait_s):
                pass
        except BaseException as error:  # told by `end`, on the thread that waits for it
            self._raised = error

    def end(self) -> None:
        """Stop, and wait for what is being done. Raises what the thread died of."""
        self.over.set()
        self.join(2 * VISIT_TIMEOUT_S)
        if self._raised is not None:
            raise self._raised


@dataclass
class Dealt:
    """A fault that was dealt, by the monotonic clock."""

    kind: str
    begun: float
    ended: float = 0.0
    whole: float = 0.0
    """When everybody was there again and lacked nothing; 0: not yet."""
    over: float = inf
    """When the next one began."""


class Faults(Thread):
    """Deals the faults of a schedule."""

    def __init__(self, stage: Stage, schedule: list[tuple[float, str]], longest_s: float, seed: int) -> None:
        super().__init__()
        self.dealt: list[Dealt] = []
        self._blow = Blow(stage, random.Random(seed), longest_s, self.over)
        self._schedule = list(schedule)
        self._begun = 0.0
        self._whole_since = float("inf")

    def start(self) -> None:
        """Begin: the schedule's time runs from now."""
        self._begun = time.monotonic()
        super().start()

    def turn(self) -> float | None:
        """Wait for the next, or deal it."""
        if not self._schedule:
            return None
        at, kind = self._schedule[0]
        wait_s = self._begun + at - time.monotonic()
        if wait_s > 0:
            return wait_s
        del self._schedule[0]
        dealt = Dealt(kind, time.monotonic())
        if self.dealt:
            self.dealt[-1].over = dealt.begun
        KINDS[kind](self._blow)
        dealt.ended = time.monotonic()
        self.dealt.append(dealt)
        return 0.0

    @property
    def healed(self) -> bool:
        """Whether all was well after the last one."""
        return not self.dealt or self.dealt[-1].whole > 0

    def look(self, whole: Callable[[], bool]) -> Dealt | None:
        """The last fault, once, when all is `whole` after it. Called by the thread of the tabs."""
        last = self.dealt[-1] if self.dealt else None
        if last is None or last.whole:
            return None
        now = time.monotonic()
        if not whole():
            self._whole_since = float("inf")
            return None
        self._whole_since = min(self._whole_since, now)
        if now < max(self._whole_since, last.ended) + STEADY_S:
            return None
        last.whole = max(self._whole_since, last.ended)
        return last


class Memory(Thread):
    """Samples the memory of the site's processes.

    When one of them goes or comes, a series begins anew for all: who stays has the tabs of the other to hold.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.series: list[Series] = []
        self._stage = stage
        self._there: dict[int, Series] = {}
        self._begun = time.monotonic()

    def turn(self) -> float:
        """Take a sample of each."""
        at, processes = time.monotonic() - self._begun, self._stage.processes()
        if processes.keys() != self._there.keys():
            self._there = {pid: Series(name) for pid, name in processes.items()}
            self.series += self._there.values()
        for pid, series in self._there.items():
            with suppress(psutil.NoSuchProcess):
                series.samples.append((at, psutil.Process(pid).memory_info().rss))
        return SAMPLE_S


class Visitor(Thread):
    """Somebody who looks at a page twice a second, without a session."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.answers: Counter[str] = Counter()
        self._took_s: list[float] = []
        self._url = f"{stage.site.url}/watch/{stage.video_ids[0]}"

    def turn(self) -> float:
        """One visit."""
        asked = time.monotonic()
        try:
            told = str(requests.get(self._url, timeout=VISIT_TIMEOUT_S).status_code)
        except requests.RequestException as error:
            told = type(error).__name__
        self.answers[told] += 1
        self._took_s.append(time.monotonic() - asked)
        return VISIT_S

    def goal(self) -> Goal:
        """No page was answered with a crash."""
        told = ", ".join(f"{times} x {answer}" for answer, times in self.answers.most_common())
        p99, longest = percentile(self._took_s, 0.99), max(self._took_s, default=0)
        note = f"{told}; p99 {p99 * 1000:.0f} ms, longest {longest:.2f} s"
        return Goal("pages answered with 500", self.answers["500"], note=note)
