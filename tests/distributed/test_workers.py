"""Several server processes behind one port: killed, and replaced one by one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rumbl_web.phoenix.testing_redis import RedisServer
from tests import preloaded
from tests.distributed.conftest import MakeTab
from tests.distributed.tab import Tab, shows_once
from tests.running import SERVE, RunningSite, eventually


@pytest.fixture(scope="module")
def site(redis: RedisServer, folder: Path) -> Iterator[RunningSite]:
    running = RunningSite(folder / "data", WORKERS="2", PIN_WORKERS="true", REDIS_URL=redis.url).start()
    eventually(lambda: len(running.workers()) == 2)
    yield running
    running.stop()


def worker_of(site: RunningSite, tab: Tab) -> int:
    """The server process that holds the other end of a tab's connection."""
    for pid in site.workers():
        for connection in psutil.Process(pid).net_connections("tcp4"):
            if (
                connection.raddr
                and connection.raddr.port == tab.local_port
                and connection.laddr.port == site.port
            ):
                return pid
    return 0


def tabs_on_each(site: RunningSite, tab: MakeTab, name: str) -> dict[int, list[Tab]]:
    """A writer and a reader at least on each worker, by its pid."""
    found: dict[int, list[Tab]] = {pid: [] for pid in site.workers()}

    def open_one() -> bool:
        number = sum(map(len, found.values()))
        one = tab(site, member=f"{name}{number}")
        found[eventually(lambda: worker_of(site, one))].append(one)
        return all(len(tabs) >= 2 for tabs in found.values())

    eventually(open_one, 60)
    return found


def cores_of(site: RunningSite) -> list[int]:
    """The cores of the workers, one after the other."""
    return sorted(core for pid in site.workers() for core in psutil.Process(pid).cpu_affinity())


def test_each_worker_keeps_to_a_core_of_its_own(site: RunningSite) -> None:
    usable = sorted(os.sched_getaffinity(0))
    expected = usable[:2] if len(usable) > 1 else usable * 2
    eventually(lambda: cores_of(site) == expected)


def test_a_killed_worker_costs_nothing_that_was_acknowledged_and_others_nothing_at_all(
    site: RunningSite, tab: MakeTab
) -> None:
    found = tabs_on_each(site, tab, "kill")
    victim, survivor = found
    everybody = found[victim] + found[survivor]
    writers = (found[victim][0], found[survivor][0])
    expected = [f"{writer.name}-{number}" for writer in writers for number in range(80)]

    for writer in writers:
        writer.post(*[f"{writer.name}-{number}" for number in range(40)])
    eventually(lambda: all(len(writer.answered_s) >= 10 for writer in writers))
    os.kill(victim, signal.SIGKILL)
    for writer in writers:
        writer.post(*[f"{writer.name}-{number}" for number in range(40, 80)])

    for each in everybody:
        eventually(lambda each=each: shows_once(each, expected), 30)
    for writer in writers:
        eventually(lambda writer=writer: not writer.unanswered)
    assert [each.closes for each in found[survivor]] == [[]] * len(found[survivor])
    assert all(each.rejoined_at for each in found[victim])
    eventually(lambda: len(site.workers()) == 2, 30)
    assert victim not in site.workers()
    test_each_worker_keeps_to_a_core_of_its_own(site)
    truth = tab(site)
    assert sorted(body for body in truth.bodies if body in set(expected)) == sorted(expected)
    assert site.output().count("rumbl is up") == 1


def test_sighup_replaces_the_workers_and_loses_nothing(site: RunningSite, tab: MakeTab) -> None:
    before = set(site.workers())
    writers = [tab(site, member=f"hup{number}") for number in range(3)]
    expected = [f"{writer.name}-{number}" for writer in writers for number in range(60)]

    for writer in writers:
        writer.post(*[f"{writer.name}-{number}" for number in range(30)])
    os.kill(site.pid, signal.SIGHUP)
    for writer in writers:
        writer.post(*[f"{writer.name}-{number}" for number in range(30, 60)])

    for writer in writers:
        eventually(lambda writer=writer: shows_once(writer, expected), 40)
    eventually(lambda: len(site.workers()) == 2 and not before & set(site.workers()), 40)
    for writer in writers:
        eventually(lambda writer=writer: bool(writer.closes) and not writer.unanswered, 20)
        assert {code for _, code in writer.closes} == {1012}


def test_without_redis_several_workers_are_refused_in_one_line() -> None:
    environ = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    refused = preloaded.run(SERVE, {**environ, "WORKERS": "2"})
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "WORKERS" in refused.stderr
    assert "REDIS_URL" in refused.stderr
