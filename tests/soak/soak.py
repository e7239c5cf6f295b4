"""The run itself: everybody comes, writes, lives through the faults, and is asked what it has."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from tests.soak import faults, judge, logs, memory, presence, stage
from tests.soak.crowd import Crowd
from tests.soak.judge import Goal
from tests.soak.loop import Loop
from tests.soak.report import Report, fault_line, minute_line
from tests.soak.stage import Stage
from tests.soak.watch import Faults, Memory, Thread, Visitor

COMING_S = 60.0
SETTLING_S = 120.0
"""How long after the last note all of them may take to be everywhere."""
LOOK_S = 0.25

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long, how many, how often."""

    seconds: float
    seed: int
    sockets: int
    rate: float
    videos: int
    interval_s: float

    @property
    def schedule(self) -> list[tuple[float, str]]:
        """The faults."""
        return list(faults.schedule(self.seed, self.seconds, self.interval_s))


class SoakError(Exception):
    """The run could not begin."""


def soak(plan: Plan, say: Say) -> Report:
    """Start everything, run the plan, judge. Ends what it started, whatever happens."""
    say(f"preparing {plan.sockets:,} users and {plan.videos} videos")
    with stage.started(plan.sockets, plan.videos) as site:
        loop = Loop()
        crowd = Crowd(loop, site.site.port, site.tokens, site.video_ids, plan.seed)
        try:
            return _Run(plan, site, loop, crowd, say).report()
        finally:
            crowd.close()
            loop.close()


class _Run:
    """One soak on a site that runs."""

    def __init__(self, plan: Plan, site: Stage, loop: Loop, crowd: Crowd, say: Say) -> None:
        self._plan, self._stage, self._loop, self._crowd, self._say = plan, site, loop, crowd, say
        self._memory, self._visitor = Memory(site), Visitor(site)
        self._faults = Faults(site, plan.schedule, plan.interval_s / 3, plan.seed)

    def report(self) -> Report:
        """Live through it, and tell."""
        self._come()
        with _running(self._memory, self._visitor), self._cpu() as cpu:
            with _running(self._faults):
                self._live()
            self._settle()
        others = self._judge()
        log = self._stage.site.output()
        injected, wrong = logs.read(log.splitlines())
        goals = [*others, *memory.goals(self._memory.series), self._visitor.goal(), logs.goal(wrong)]
        return Report(
            self._plan.__dict__, goals, self._faults.dealt, self._memory.series, self._crowd.tally,
            injected, logs.warnings(log.splitlines()), cpu, log,
        )  # fmt: skip

    def _come(self) -> None:
        self._crowd.open()
        end = time.monotonic() + COMING_S
        self._loop.run(lambda: self._crowd.joined == len(self._crowd.tabs) or time.monotonic() > end)
        if self._crowd.joined < len(self._crowd.tabs):
            raise SoakError(f"only {self._crowd.joined} joined: {self._crowd.tally.counts}")
        self._say(f"{self._crowd.joined:,} have joined; {len(self._plan.schedule)} faults to come")

    def _live(self) -> None:
        self._crowd.write(self._plan.rate)
        begun = time.monotonic()
        minute, look_at = 0, begun

        def over() -> bool:
            nonlocal minute, look_at
            now = time.monotonic()
            if now >= look_at:
                look_at = now + LOOK_S
                self._look()
            if now >= begun + 60 * (minute + 1):
                minute += 1
                self._say(minute_line(minute, self._crowd, self._memory.series))
            return now >= begun + self._plan.seconds

        self._loop.run(over)
        self._crowd.hush()

    def _look(self) -> None:
        if fault := self._faults.look(self._crowd.whole):
            self._say(fault_line(fault, self._crowd.tally))

    def _settle(self) -> None:
        """All is healed, nobody writes: every note gets everywhere and is answered, or it is lost."""
        end = time.monotonic() + SETTLING_S
        self._until(end, lambda: self._faults.healed and self._crowd.settled())
        self._until(end, lambda: not self._stage.questions()["waiting"])
        latest = {room.video_id: 0 for room in self._crowd.rooms}
        for note in self._stage.stored():
            latest[note.video_id] = max(note.id, latest[note.video_id])
        self._until(
            end, lambda: all(tab.complete_to >= latest[tab.room.video_id] for tab in self._crowd.tabs)
        )

    def _until(self, end: float, done: Callable[[], bool]) -> None:
        """Live on until `done`, which is asked now and then, or until it is too late."""
        while not done() and (now := time.monotonic()) < end:
            self._loop.run(lambda now=now: time.monotonic() > now + LOOK_S)
            self._look()

    def _judge(self) -> list[Goal]:
        crowd = self._crowd
        there: dict[int, list[str]] = {room.video_id: [] for room in crowd.rooms}
        for tab, user_id in zip(crowd.tabs, self._stage.user_ids, strict=True):
            if tab.joined:
                there[tab.room.video_id].append(str(user_id))
        found = judge.judge(
            {room.video_id: room.written for room in crowd.rooms},
            {room.video_id: room.acknowledged for room in crowd.rooms},
            self._stage.stored(),
            crowd.views(),
        )
        unanswered = self._stage.questions()
        answered = unanswered.pop("answered", 0)
        unwhole = [fault.kind for fault in self._faults.dealt if not fault.whole]
        crashed = crowd.tally.counts["phx_error"]
        return [
            *found,
            Goal("questions without an answer", unanswered.total(), note=f"{answered:,} were answered"),
            presence.goal(self._stage, there),
            Goal("tabs that are not there at the end", len(crowd.tabs) - crowd.joined),
            Goal(
                "faults after which not all was well again before the next",
                len(unwhole),
                note=", ".join(unwhole),
            ),
            Goal("channels that crashed", crashed),
        ]

    @contextmanager
    def _cpu(self) -> Iterator[dict[str, float]]:
        """CPU seconds of the tabs and of the site meanwhile."""
        cpu: dict[str, float] = {}
        before = self._spent()
        yield cpu
        cpu |= {name: round(spent - before[name], 1) for name, spent in self._spent().items()}

    def _spent(self) -> dict[str, float]:
        ours = resource.getrusage(resource.RUSAGE_SELF)
        site = 0.0
        for pid in self._stage.processes():  # of those that were killed it is with the launcher's
            times = psutil.Process(pid).cpu_times()
            site += times.user + times.system
            if pid == self._stage.site.pid:
                site += times.children_user + times.children_system
        return {"tabs": ours.ru_utime + ours.ru_stime, "site": site}


@contextmanager
def _running(*threads: Thread) -> Iterator[None]:
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.end()
