"""What goes on beside the tabs of a soak."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from tests.soak.watch import Dealt, Faults, Memory, Thread


class TestMemory:
    def test_each_process_has_a_series_and_all_begin_anew_when_one_goes(self) -> None:
        there = {os.getpid(): "one", os.getppid(): "other"}
        stage: Any = SimpleNamespace(processes=lambda: dict(there))
        memory = Memory(stage)
        memory.turn()
        memory.turn()
        del there[os.getppid()]
        memory.turn()
        memory.turn()
        memory.turn()

        assert [(one.name, len(one.samples)) for one in memory.series] == [
            ("one", 2),
            ("other", 2),
            ("one", 3),
        ]
        assert all(size > 0 for one in memory.series for _, size in one.samples)


class TestFaults:
    def test_all_is_well_again_when_it_stays_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 100.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        stage: Any = None
        faults = Faults(stage, [], 1.0, seed=1)
        assert faults.look(lambda: True) is None, "there was none"
        assert faults.healed
        fault = Dealt("a fault", begun=90.0, ended=99.0)
        faults.dealt.append(fault)

        assert faults.look(lambda: True) is None
        now = 100.5
        assert faults.look(lambda: False) is None, "it only seemed so"
        now = 101.0
        assert faults.look(lambda: True) is None
        assert not faults.healed
        now = 102.5
        assert faults.look(lambda: True) is fault
        assert fault.whole == 101.0
        assert faults.healed
        assert faults.look(lambda: True) is None, "told once"


def test_what_a_thread_dies_of_is_told_by_who_ends_it() -> None:
    class Dying(Thread):
        def turn(self) -> float | None:
            raise ZeroDivisionError

    dying = Dying()
    dying.start()
    with pytest.raises(ZeroDivisionError):
        dying.end()
