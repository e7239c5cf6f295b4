"""How the system's scheduler treats threads, as the system itself says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from info_sys.otp import Process, thread_policy
from info_sys.otp.scheduler import TURNS_OF_A_CROWD, Scheduler
from info_sys.testing import eventually

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux only")


def policy() -> int:
    return os.sched_getscheduler(0)


def on_a_thread(work: Callable[[], int]) -> int:
    said: list[int] = []
    thread = threading.Thread(target=lambda: said.append(work()))
    thread.start()
    thread.join()
    return said[0]


class Turn:
    """Something for the scheduler to run, as often as it is told."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work

    def take_turn(self) -> None:
        self._work()

    def lost_by_fork(self) -> None:
        """It never is."""


def test_a_thread_that_never_interrupts_is_alone_in_that() -> None:
    def one() -> int:
        thread_policy.never_interrupt()
        return policy()

    assert on_a_thread(one) == os.SCHED_BATCH
    assert policy() == os.SCHED_OTHER


def test_a_thread_is_treated_as_the_process_again() -> None:
    def one() -> int:
        thread_policy.never_interrupt()
        thread_policy.as_the_process()
        return policy()

    assert on_a_thread(one) == os.SCHED_OTHER


def test_a_system_that_refuses_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)

    thread_policy.never_interrupt()
    thread_policy.as_the_process()


def test_a_thread_that_has_ended_is_no_fault() -> None:
    ended = on_a_thread(threading.get_native_id)

    thread_policy.never_interrupt(ended)
    thread_policy.as_the_process(ended)


def test_a_process_that_such_a_thread_woke_is_run_as_any_other() -> None:
    said = SimpleQueue[int]()

    def wake_one() -> int:
        thread_policy.never_interrupt()
        Scheduler(size=1).ready(Turn(lambda: said.put(policy())))
        return said.get(timeout=5)

    assert on_a_thread(wake_one) == os.SCHED_OTHER


def test_in_a_crowd_the_scheduler_interrupts_nobody_and_afterwards_it_does_again() -> None:
    scheduler, over, now = Scheduler(size=1, tick_s=0.01), threading.Event(), list[int]()

    def work() -> None:
        now[:] = [policy()]
        if not over.is_set():
            scheduler.ready(turn)

    turn = Turn(work)
    scheduler.ready(turn)
    eventually(lambda: now == [os.SCHED_BATCH])
    over.set()

    def is_as_any_other() -> bool:
        scheduler.ready(turn)
        return now == [os.SCHED_OTHER]

    eventually(is_as_any_other)


def test_a_few_messages_are_no_crowd() -> None:
    said = SimpleQueue[int]()

    class Teller(Process):
        def handle(self, message: object) -> None:
            said.put(policy())

    teller = Teller().start()
    for _ in range(TURNS_OF_A_CROWD // 10):
        teller.send("who are you?")
        assert said.get(timeout=5) == os.SCHED_OTHER
    teller.stop()
