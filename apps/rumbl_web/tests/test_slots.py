"""Slots for threads that compute: how many do at the same time, and who is next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue

import pytest

from info_sys import otp
from info_sys.otp import scheduler
from rumbl_web import gthread, slots
from rumbl_web.slots import Slots

DEADLINE_S = 5.0
LONG_S = 60.0
MANY = 6


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def meet(others: int, run: Callable[[Callable[[], object]], Future[object]]) -> int:
    """How many of MANY threads got to where `others` are awaited, each for a moment at most."""
    meeting = threading.Barrier(others, timeout=0.2)
    runs = [run(meeting.wait) for _ in range(MANY)]
    wait(runs, DEADLINE_S)
    return sum(one.exception() is None for one in runs)


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
            with one.waiting(), one.waiting():
                together.wait()
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    for run in [threads.submit(compute) for _ in range(MANY)]:
        run.result(DEADLINE_S)
    assert most == [1] * MANY


def test_a_crash_costs_no_slot() -> None:
    one = Slots(1, LONG_S)

    with pytest.raises(ZeroDivisionError), one.taken(), one.waiting():
        raise ZeroDivisionError

    assert one._free == 1


def test_slots_are_given_in_the_order_in_which_they_were_asked_for(threads: ThreadPoolExecutor) -> None:
    one, order = Slots(1, LONG_S), SimpleQueue[int]()

    def compute(number: int) -> None:
        with one.taken():
            order.put(number)

    with one.taken():
        for number in range(MANY):
            threads.submit(compute, number)
            while len(one._line) <= number:
                threading.Event().wait(0.001)

    assert [order.get(timeout=DEADLINE_S) for _ in range(MANY)] == list(range(MANY))


def test_a_thread_whose_patience_ends_computes_without_a_slot_and_takes_none_along(
    threads: ThreadPoolExecutor,
) -> None:
    one = Slots(1, patience_s=0.01)

    def compute() -> str:
        with one.taken(), one.waiting():
            return "done"

    with one.taken():
        assert threads.submit(compute).result(DEADLINE_S) == "done"
        assert not one._line
    assert one._free == 1


def test_waiting_without_a_slot_is_nothing() -> None:
    one = Slots(1, LONG_S)

    with one.waiting(), one.taken(), one.waiting(), one.taken():
        pass

    assert one._free == 1


def test_the_worker_s_threads_share_them_and_give_them_back_where_the_site_says_that_it_waits(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = Slots(2, LONG_S)
    monkeypatch.setattr(slots, "taken", some.taken)
    monkeypatch.setattr(scheduler.default, "_elsewhere", some.waiting)
    with open("/dev/null") as connection:

        def serve(view: Callable[[], object], **headers: str) -> Future[object]:
            site = gthread._Site(lambda _environ, _start: [str(view()).encode()], None)
            return threads.submit(site, {"gunicorn.socket": connection, **headers}, None)

        def upgrade(view: Callable[[], object]) -> Future[object]:
            return serve(view, HTTP_UPGRADE="WebSocket")

        def lend(view: Callable[[], object]) -> Future[object]:
            def patient() -> object:
                with otp.blocking():
                    return view()

            return serve(patient)

        assert meet(3, serve) == 0
        assert meet(3, lend) == MANY
        assert meet(3, upgrade) == MANY, "they have their own line, and are quick"
