"""How the system's scheduler treats the hub's thread, as the system itself says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from info_sys.otp.scheduler import Scheduler
from rumbl_web.phoenix.transports import thread_policy
from rumbl_web.phoenix.transports.hub import Hub

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux only")


def policy() -> int:
    return os.sched_getscheduler(0)


class _Turn:
    """Something for the scheduler to run, once."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work

    def take_turn(self) -> None:
        self._work()

    def lost_by_fork(self) -> None:
        """It never is."""


def on_a_thread(work: Callable[[], int]) -> int:
    said: list[int] = []
    thread = threading.Thread(target=lambda: said.append(work()))
    thread.start()
    thread.join()
    return said[0]


def test_a_thread_that_never_interrupts_is_alone_in_that() -> None:
    def one() -> int:
        thread_policy.never_interrupt()
        return policy()

    assert on_a_thread(one) == os.SCHED_BATCH
    assert policy() == os.SCHED_OTHER


def test_the_hub_interrupts_nobody_when_a_message_wakes_it() -> None:
    hub, said = Hub(), SimpleQueue[int]()
    hub.start()

    hub.call_later(lambda: said.put(policy()))

    assert said.get(timeout=5) == os.SCHED_BATCH
    hub.stop()


def test_a_process_that_the_hub_woke_is_run_as_any_other() -> None:
    hub, said = Hub(), SimpleQueue[int]()
    hub.start()
    scheduler = Scheduler(size=1)

    hub.call_later(scheduler.ready, _Turn(lambda: said.put(policy())))

    assert said.get(timeout=5) == os.SCHED_OTHER
    hub.stop()


def test_a_system_that_refuses_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)

    thread_policy.never_interrupt()
