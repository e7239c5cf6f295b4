"""Many questions, one trip, and never an answer from before the question."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from rumbl_core.errors import Unavailable
from rumbl_web.channels import shared_read
from rumbl_web.channels.shared_read import SharedRead

DEADLINE_S = 10.0


class Store:
    """Numbers that grow; each read waits at a gate."""

    def __init__(self) -> None:
        self.value = 0
        self.reads: list[set[str]] = []
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.fails: Exception | None = None

    def read(self, keys: set[str]) -> dict[str, int]:
        found = dict.fromkeys(keys - {"nothing"}, self.value)
        self.reads.append(set(keys))
        self.begun.release()
        assert self.gate.acquire(timeout=DEADLINE_S)
        if self.fails is not None:
            raise self.fails
        return found


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_it_gives_what_is_found(store: Store) -> None:
    store.gate.release(2)
    shared = SharedRead(store.read)
    assert shared.get("a") == 0
    assert shared.get("nothing") is None


def under_way(store: Store, shared: SharedRead[str, int], threads: ThreadPoolExecutor) -> Future[int | None]:
    """A first read that has looked already and is not back yet."""
    first = threads.submit(shared.get, "a")
    assert store.begun.acquire(timeout=DEADLINE_S)
    return first


def waiting(
    shared: SharedRead[str, int], threads: ThreadPoolExecutor, keys: list[str]
) -> list[Future[int | None]]:
    """Calls, each for another key, that have come while another trip is under way."""
    calls = [threads.submit(shared.get, key) for key in keys]
    end = time.monotonic() + DEADLINE_S
    while not (shared._next and shared._next.keys == set(keys)):
        assert time.monotonic() < end
        time.sleep(0.001)
    return calls


def test_who_comes_during_a_trip_shares_the_next_and_sees_what_was_written_meanwhile(
    store: Store, threads: ThreadPoolExecutor
) -> None:
    shared = SharedRead(store.read)
    first = under_way(store, shared, threads)
    store.value = 7
    calls = waiting(shared, threads, ["a", "b", "c", "nothing"])
    store.gate.release(2)
    assert [call.result(DEADLINE_S) for call in calls] == [7, 7, 7, None]
    assert first.result(DEADLINE_S) == 0
    assert store.reads == [{"a"}, {"a", "b", "c", "nothing"}]


def test_a_database_that_is_away_is_waited_for_once(store: Store, threads: ThreadPoolExecutor) -> None:
    shared = SharedRead(store.read)
    store.fails = Unavailable("away")
    calls = [under_way(store, shared, threads), *waiting(shared, threads, ["a", "b"])]
    store.gate.release(1)
    for call in calls:
        with pytest.raises(Unavailable):
            call.result(DEADLINE_S)
    assert len(store.reads) == 1
    store.fails = None
    store.gate.release(1)
    assert shared.get("a") == 0, "the next one tries again"


def test_a_bug_is_told_to_those_whom_it_met(store: Store, threads: ThreadPoolExecutor) -> None:
    shared = SharedRead(store.read)
    store.fails = LookupError("bug")
    first = under_way(store, shared, threads)
    calls = waiting(shared, threads, ["b"])
    store.gate.release(2)
    for call in (first, *calls):
        with pytest.raises(LookupError):
            call.result(DEADLINE_S)
    assert len(store.reads) == 2


def test_a_trip_that_does_not_come_back_is_not_waited_for_for_ever(
    store: Store, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_read, "WAIT_S", 0.05)
    shared = SharedRead(store.read)
    first = under_way(store, shared, threads)
    with pytest.raises(Unavailable):
        shared.get("b")
    store.gate.release(2)
    assert first.result(DEADLINE_S) == 0
    assert shared.get("b") == 0
