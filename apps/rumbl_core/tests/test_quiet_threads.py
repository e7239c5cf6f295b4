import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rumbl_core.errors import Busy
from rumbl_core.quiet_threads import NICENESS, QuietThreads

DEADLINE_S = 10.0


class Held:
    """Work that lasts until the test lets it go."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.may_end.wait(DEADLINE_S)
        return "done"


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def wait_until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not check():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_work_gives_its_value_or_raises_its_error() -> None:
    quiet = QuietThreads(1, waiting=1, wait_s=DEADLINE_S)
    assert quiet.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        quiet.run(lambda: 1 // 0)


def test_work_has_less_priority_than_who_asks_for_it() -> None:
    quiet = QuietThreads(1, waiting=0, wait_s=DEADLINE_S)
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    theirs = quiet.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert theirs == min(19, mine + NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


def test_who_finds_the_line_full_is_turned_away_at_once(callers: ThreadPoolExecutor) -> None:
    quiet, held = QuietThreads(1, waiting=1, wait_s=DEADLINE_S), Held()
    first = callers.submit(quiet.run, held)
    assert held.begun.wait(DEADLINE_S)
    second = callers.submit(quiet.run, lambda: "second")
    wait_until(lambda: quiet.waiting == 1)
    with pytest.raises(Busy):
        quiet.run(lambda: "third")
    held.may_end.set()
    assert (first.result(DEADLINE_S), second.result(DEADLINE_S)) == ("done", "second")
    assert quiet.run(lambda: "later") == "later"


def test_who_waits_too_long_is_turned_away_and_its_work_never_done(callers: ThreadPoolExecutor) -> None:
    quiet, held, done = QuietThreads(1, waiting=4, wait_s=0.02), Held(), threading.Event()
    first = callers.submit(quiet.run, held)
    assert held.begun.wait(DEADLINE_S)
    with pytest.raises(Busy):
        quiet.run(done.set)
    held.may_end.set()
    assert first.result(DEADLINE_S) == "done", "what has begun is finished, however long it takes"
    assert quiet.run(lambda: 1) == 1
    assert not done.is_set()


def test_no_more_are_at_work_than_there_are_threads(callers: ThreadPoolExecutor) -> None:
    quiet, works = QuietThreads(2, waiting=8, wait_s=DEADLINE_S), [Held() for _ in range(5)]
    answers = [callers.submit(quiet.run, work) for work in works]
    wait_until(lambda: sum(work.begun.is_set() for work in works) == 2 and quiet.waiting == 3)
    for work in works:
        work.may_end.set()
    assert [answer.result(DEADLINE_S) for answer in answers] == ["done"] * 5


def test_a_forked_child_has_threads_of_its_own() -> None:
    quiet = QuietThreads(1, waiting=0, wait_s=DEADLINE_S)
    assert quiet.run(lambda: 1) == 1
    quiet._begin_again()  # what a fork calls in the child
    assert quiet.run(lambda: 2) == 2
