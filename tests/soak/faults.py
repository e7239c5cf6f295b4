"""What is done to a site, when, and by which seed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

from tests.soak.stage import Stage


@dataclass(frozen=True)
class Blow:
    """One fault as it is dealt: to which stage, for how long, with which chance; `over` ends it early."""

    stage: Stage
    chance: random.Random
    longest_s: float
    over: Event

    def wait(self, seconds: float) -> None:
        """Let it last so long, as far as it may."""
        self.over.wait(min(seconds, self.longest_s))


def kill_worker(blow: Blow) -> None:
    """`kill -9` of one server process; its launcher starts another one."""
    os.kill(blow.chance.choice(blow.stage.site.workers()), signal.SIGKILL)


def kill_redis(blow: Blow) -> None:
    """`kill -9` for 30 s; by chance it comes back with what it held."""
    redis = blow.stage.redis
    if blow.chance.random() < 0.5:
        redis.command("SAVE")
    else:
        (redis.folder / "dump.rdb").unlink(missing_ok=True)
    redis.kill()
    try:
        blow.wait(30)
    finally:
        redis.start()


def freeze_redis(blow: Blow) -> None:
    """It is there and does nothing, for 20 s."""
    blow.stage.redis.freeze()
    try:
        blow.wait(20)
    finally:
        blow.stage.redis.thaw()


def restart_database(blow: Blow) -> None:
    """As `pg_ctl restart -m immediate`: every connection breaks."""
    blow.stage.database.restart()


def freeze_database(blow: Blow) -> None:
    """All its processes stand still for 8 s: longer than anybody waits for a connection."""
    processes = blow.stage.database_processes()
    try:
        _signal_all(processes, signal.SIGSTOP)
        blow.wait(8)
    finally:
        _signal_all(processes, signal.SIGCONT)


def _signal_all(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


KINDS: dict[str, Callable[[Blow], None]] = {
    "worker killed (R8)": kill_worker,
    "Redis killed (R24)": kill_redis,
    "Redis frozen (R25)": freeze_redis,
    "database restarted (R26)": restart_database,
    "database frozen": freeze_database,
}


def schedule(seed: int, seconds: float, interval_s: float) -> Iterator[tuple[float, str]]:
    """One fault in each interval, in the first half of it: its moment, in seconds, and its kind.

    Every kind has its turn before any comes again.
    """
    chance = random.Random(seed)
    bag: list[str] = []
    for number in range(int(seconds / interval_s)):
        bag = bag or chance.sample(list(KINDS), len(KINDS))
        yield (number + 0.1 + 0.4 * chance.random()) * interval_s, bag.pop()
