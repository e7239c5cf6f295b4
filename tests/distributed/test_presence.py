"""Who is watching, on two nodes: one is killed, stopped, frozen, cut off, and its clock is an hour ahead."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from rumbl_web.phoenix.testing_redis import RedisServer
from tests.proxy import Proxy
from tests.running import RunningSite
from tests.viewer import Account, Viewer

DOWN_MS = 3000
ONE_HOUR_AHEAD = """
import time
wall_s, wall_ns = time.time, time.time_ns
time.time = lambda: wall_s() + 3600
time.time_ns = lambda: wall_ns() + 3_600_000_000_000
"""


class Watcher(Viewer):
    """A tab that shows who is here, as the page does: the names, each with the number of tabs.

    As in phoenix.js, what comes before the first state of a join is taken in after it.
    """

    def __init__(self, url: str, token: str, video_id: int) -> None:
        super().__init__(url, token, video_id)
        self._people: dict[str, dict[str, str]] = {}
        self._early: list[dict[str, Any]] | None = []
        self.removals = 0

    @property
    def people(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for refs in self._people.values():
            for username in refs.values():
                counted[username] = counted.get(username, 0) + 1
        return counted

    def sees(self, **people: int) -> None:
        """Wait until exactly these people are shown, with so many tabs."""
        try:
            self.read_until(lambda: self.people == people, deadline_s=15.0)
        except AssertionError:
            raise AssertionError(f"{self.people} is shown, not {people}") from None

    def gone(self, *user_ids: int) -> list[int]:
        """Ask who of them has left for good."""
        return list(self._reply_to(self.push("gone", {"user_ids": user_ids}))["user_ids"])

    def _join(self) -> None:
        self._early = []
        super()._join()

    def _take(self, message: list[Any]) -> None:
        super()._take(message)
        event, payload = message[3:]
        if event == "presence_state":
            self._people = {}
            self._sync(payload, {})
            early, self._early = self._early or [], None
            for diff in early:
                self._sync(diff["joins"], diff["leaves"])
        elif event == "latest":
            self.removals = payload.get("removals", self.removals)
        elif event == "presence_diff" and self._early is not None:
            self._early.append(payload)
        elif event == "presence_diff":
            self._sync(payload["joins"], payload["leaves"])

    def _sync(self, joins: dict[str, Any], leaves: dict[str, Any]) -> None:
        for key, entry in joins.items():
            refs = self._people.setdefault(key, {})
            refs.update((meta["phx_ref"], entry["user"]["username"]) for meta in entry["metas"])
        for key, entry in leaves.items():
            for meta in entry["metas"]:
                self._people.get(key, {}).pop(meta["phx_ref"], None)


class Person:
    """Somebody who is registered, with any number of tabs on any node."""

    def __init__(self, node: RunningSite, username: str) -> None:
        boot = Account(node.url).register(username.title(), username).boot("/watch/1")
        self._arguments = boot["userToken"], boot["videoId"]
        self.node = node
        self.tabs: list[Watcher] = []

    def open(self, node: RunningSite | None = None) -> Watcher:
        self.tabs.append(Watcher((node or self.node).url, *self._arguments))
        self.tabs[-1].connect()
        return self.tabs[-1]


MakePerson = Callable[[RunningSite, str], Person]


@pytest.fixture(scope="module")
def way(redis: RedisServer) -> Iterator[Proxy]:
    """The way from the second node to Redis."""
    with Proxy(redis.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def nodes(redis: RedisServer, way: Proxy, folder: Path) -> Iterator[list[RunningSite]]:
    """Two nodes; the clock of the second is an hour ahead."""
    clock = folder / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(ONE_HOUR_AHEAD, encoding="utf-8")
    shared = {"PRESENCE_DOWN_MS": str(DOWN_MS)}
    there = {"PYTHONPATH": str(clock), "REDIS_URL": redis.url.replace(str(redis.port), str(way.port))}
    with ExitStack() as stack:
        one = RunningSite(folder / "data", name="one", REDIS_URL=redis.url, **shared).start()
        stack.callback(one.stop)
        two = RunningSite(folder / "data", name="two", **shared, **there).start()
        stack.callback(two.stop)
        ahead = date(two) - date(one)
        assert timedelta(minutes=59) < ahead < timedelta(minutes=61), f"its clock is {ahead} ahead"
        yield [one, two]


def date(node: RunningSite) -> datetime:
    """What time a node thinks it is."""
    answer = requests.get(node.url + "/healthz", timeout=10)
    return parsedate_to_datetime(answer.headers["Date"])


@pytest.fixture
def person() -> Iterator[MakePerson]:
    made: list[Person] = []

    def make(node: RunningSite, username: str) -> Person:
        made.append(Person(node, username))
        return made[-1]

    yield make
    for one in made:
        for tab in one.tabs:
            tab.close()


def test_tabs_on_both_nodes_are_counted_and_go_one_by_one(
    nodes: list[RunningSite], person: MakePerson
) -> None:
    one, two = nodes
    ana, bo = person(one, "ana"), person(two, "bo")
    here, there = ana.open(), bo.open()
    tab = bo.open()
    for watcher in (here, there):
        watcher.sees(ana=1, bo=2)

    late = person(two, "cleo").open()
    late.sees(ana=1, bo=2, cleo=1)
    tab.close()

    for watcher in (here, there, late):
        watcher.sees(ana=1, bo=1, cleo=1)


def test_who_was_on_a_killed_node_leaves_and_whoever_comes_back_elsewhere_is_there_once(
    nodes: list[RunningSite], person: MakePerson
) -> None:
    one, two = nodes
    here = person(one, "dora").open()
    moves, stays_away = person(one, "ed").open(two), person(one, "finn")
    for _ in range(20):
        stays_away.open(two)
    here.sees(dora=1, ed=1, finn=20)

    two.kill()
    moves.move(one.url)
    moves.connect()

    for watcher in (here, moves):
        watcher.sees(dora=1, ed=1)
    two.start()
    new = person(two, "gil").open()
    for watcher in (here, moves, new):
        watcher.sees(dora=1, ed=1, gil=1)


def test_who_is_on_a_node_that_is_stopped_leaves(nodes: list[RunningSite], person: MakePerson) -> None:
    one, two = nodes
    here, there = person(one, "hana").open(), person(two, "ivo").open()
    for watcher in (here, there):
        watcher.sees(hana=1, ivo=1)

    two.stop()
    try:
        here.sees(hana=1)
    finally:
        two.start()


def test_who_is_on_a_frozen_node_leaves_and_comes_back_with_it(
    nodes: list[RunningSite], person: MakePerson
) -> None:
    one, two = nodes
    here, there = person(one, "jo").open(), person(two, "kim").open()
    here.sees(jo=1, kim=1)

    os.killpg(two.pid, signal.SIGSTOP)
    try:
        here.sees(jo=1)
        new = person(one, "lou").open()
    finally:
        os.killpg(two.pid, signal.SIGCONT)

    for watcher in (here, there, new):
        watcher.sees(jo=1, kim=1, lou=1)


def test_parted_nodes_show_their_own_and_all_agree_when_the_way_is_free_again(
    nodes: list[RunningSite], way: Proxy, person: MakePerson
) -> None:
    one, two = nodes
    here, there = person(one, "max").open(), person(two, "nina").open()
    for watcher in (here, there):
        watcher.sees(max=1, nina=1)

    way.part()
    try:
        here.sees(max=1)
        there.sees(nina=1)
        new = person(two, "olaf").open()
        there.sees(nina=1, olaf=1)
        leaver = person(one, "pia").open()
        here.sees(max=1, pia=1)
        leaver.close()
    finally:
        way.mend()

    for watcher in (here, there, new):
        watcher.sees(max=1, nina=1, olaf=1)


def test_who_leaves_for_good_while_the_nodes_are_parted_is_found_out_when_the_way_is_free_again(
    nodes: list[RunningSite], way: Proxy, person: MakePerson
) -> None:
    one, two = nodes
    there = person(two, "rosa").open()
    leaver = Account(one.url).register("Quentin Quit", "quentin")
    boot = leaver.boot("/watch/1")
    tab = Watcher(one.url, boot["userToken"], boot["videoId"])
    tab.connect()
    tab.push("new_annotation", {"body": "I was here", "at": 0, "key": "k"})
    there.read_until(lambda: "I was here" in {note["body"] for note in there.notes.values()}, deadline_s=15.0)
    tab.close()

    way.part()
    try:
        there.sees(rosa=1)
        sent = {
            "_method": "delete",
            "account[confirmation]": "quentin",
            "account[password]": "supersecret",
        }
        answer = leaver.submit("/settings/account", "/settings/account", sent)
        assert "Your account is deleted." in answer.text
    finally:
        way.mend()

    there.read_until(lambda: there.removals > 0, deadline_s=30.0)
    assert there.gone(boot["userId"]) == [boot["userId"]]
