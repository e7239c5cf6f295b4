"""Slots for threads that compute: how many do at the same time, and who is next."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

import pytest

from info_sys.testing import eventually
from rumbl_web import gthread, slots
from rumbl_web.slots import Slots

from .meeting import DEADLINE_S, MANY, meet

LONG_S = 60.0


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def test_no_more_than_its_slots_compute_at_the_same_time(threads: ThreadPoolExecutor) -> None:
    two = Slots(2, LONG_S)

    def compute(step: Callable[[], object]) -> object:
        with two.taken():
            return step()

    def run(step: Callable[[], object]) -> Future[object]:
        return threads.submit(compute, step)

    assert meet(2, run) == MANY
    assert meet(3, run) == 0


def test_who_waits_lends_the_slot_to_others_and_has_one_again_afterwards(threads: ThreadPoolExecutor) -> None:
    one, together = Slots(1, LONG_S), threading.Barrier(MANY, timeout=DEADLINE_S)
    inside, most = [], []

    def compute() -> None:
        with one.taken():
            with slots.waiting(), slots.waiting():
                together.wait()
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    for run in [threads.submit(compute) for _ in range(MANY)]:
        run.result(DEADLINE_S)
    assert most == [1] * MANY


def test_a_crash_costs_no_slot() -> None:
    one = Slots(1, LONG_S)

    with pytest.raises(ZeroDivisionError), one.taken(), slots.waiting():
        raise ZeroDivisionError

    assert one.free == 1


def test_slots_are_given_in_the_order_in_which_they_were_asked_for(threads: ThreadPoolExecutor) -> None:
    one, order = Slots(1, LONG_S), SimpleQueue[int]()

    def compute(number: int) -> None:
        with one.taken():
            order.put(number)

    with one.taken():
        for number in range(MANY):
            threads.submit(compute, number)
            eventually(lambda number=number: one.waiting_in_line == number + 1)

    assert [order.get(timeout=DEADLINE_S) for _ in range(MANY)] == list(range(MANY))


def test_a_thread_whose_patience_ends_computes_without_a_slot_and_takes_none_along(
    threads: ThreadPoolExecutor,
) -> None:
    one = Slots(1, patience_s=0.01)

    def compute() -> Slots | None:
        with one.taken(), slots.waiting():
            pass
        with one.taken():
            return slots.give_back()

    with one.taken():
        assert threads.submit(compute).result(DEADLINE_S) is None
        assert not one.waiting_in_line
    assert one.free == 1


def test_waiting_without_a_slot_is_nothing() -> None:
    one = Slots(1, LONG_S)

    with slots.waiting(), one.taken(), slots.waiting(), slots.waiting():
        assert one.free == 1

    assert one.free == 1


def test_who_comes_back_from_a_wait_goes_before_those_who_begin(threads: ThreadPoolExecutor) -> None:
    one, order, answered = Slots(1, LONG_S), SimpleQueue[str](), threading.Event()

    def page(name: str) -> None:
        with one.taken():
            with slots.waiting():
                assert answered.wait(DEADLINE_S)
            order.put(name)

    def begin() -> None:
        with one.taken():
            order.put("new")

    waiting = threads.submit(page, "begun")
    eventually(lambda: waiting.running() and one.free == 1)
    with one.taken():
        threads.submit(begin)
        eventually(lambda: one.waiting_in_line == 1)
        answered.set()
        eventually(lambda: one.waiting_in_line == 2)

    assert [order.get(timeout=DEADLINE_S) for _ in range(2)] == ["begun", "new"]


def test_a_forked_child_goes_on_without_a_slot_and_all_are_free(threads: ThreadPoolExecutor) -> None:
    one = Slots(1, LONG_S)

    def stand_in_line() -> None:
        with one.taken():
            pass

    with one.taken():
        waiting = threads.submit(stand_in_line)
        eventually(lambda: one.waiting_in_line == 1)
        pid = os.fork()
        if pid == 0:  # where the thread that waits does not exist
            with slots.waiting():
                os._exit(0 if one.free == 1 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    waiting.result(DEADLINE_S)


def test_a_piece_of_a_body_that_has_come_does_not_keep_the_place_of_those_who_wait_for_theirs(
    threads: ThreadPoolExecutor,
) -> None:
    one, may_wait = Slots(1, LONG_S), threading.BoundedSemaphore(1)
    ours, theirs = socket.socketpair()

    def read() -> bytes:
        with one.taken():
            unreader = gthread._Unreader(ours, may_wait)
            unreader.deadline = time.monotonic() + LONG_S
            return unreader.chunk()

    with ours, theirs:
        reading = threads.submit(read)
        eventually(lambda: may_wait._value == 0 and one.free == 1)
        with one.taken():
            theirs.sendall(b"here")
            eventually(lambda: one.waiting_in_line == 1)
            assert may_wait._value == 1
        assert reading.result(DEADLINE_S) == b"here"
