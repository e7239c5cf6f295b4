"""The book's sessions with its Counter, from a bare process to a supervised server."""

import pytest

from info_sys.counter import Counter
from info_sys.otp import Process
from info_sys.otp.latch import Latch
from info_sys.otp.supervisor import DuplicateChild, Supervisor, child_spec
from info_sys.testing import eventually


class Loop(Process):
    """Version 1: a process and its messages, nothing else. An answer goes to the reference that asked."""

    __slots__ = ("value",)

    def __init__(self, initial):
        super().__init__()
        self.value = initial

    def handle(self, message):
        match message:
            case "inc":
                self.value += 1
            case "dec":
                self.value -= 1
            case ("val", ref):
                ref.set(self.value)

    def val(self, timeout_s=5.0):
        ref = Latch()
        self.send(("val", ref))
        if not ref.wait(timeout_s):
            raise TimeoutError
        return ref.value


def test_version_1_is_a_process_and_its_messages():
    counter = Loop(0).start()
    assert counter.send("inc")
    assert counter.send("inc")
    assert counter.val() == 2
    assert counter.send("dec")
    assert counter.val() == 1
    counter.stop()
    with pytest.raises(TimeoutError):
        counter.val(timeout_s=0)


def test_version_2_is_a_gen_server():
    counter = Counter(10).start()
    assert counter.dec() is None
    counter.dec()
    assert counter.val() == 8
    counter.inc()
    assert counter.val() == 9
    counter.stop()


def test_version_3_ticks_down():
    shown = []
    counter = Counter(5, 1, shown.append).start()
    eventually(lambda: len(shown) >= 2)
    assert shown[:2] == ["tick 5", "tick 4"]
    counter.stop()


def test_version_4_goes_boom_at_zero_and_is_restarted_with_its_first_value(caplog):
    shown = []
    boom = child_spec(Counter, 5, tick_ms=1, show=shown.append)
    supervisor = Supervisor([boom], max_restarts=1).start()
    eventually(lambda: len(shown) >= 10)
    assert shown[:10] == [f"tick {n}" for n in (5, 4, 3, 2, 1)] * 2
    assert supervisor.wait(5)
    assert caplog.text.count("boom!") >= 2


def test_by_default_the_fourth_boom_within_five_seconds_is_too_much(caplog):
    shown = []
    supervisor = Supervisor([child_spec(Counter, 1, tick_ms=1, show=shown.append)]).start()
    assert supervisor.wait(5)
    assert shown == ["tick 1"] * 4
    assert "more than 3 restarts in 5 s" in caplog.text


def test_a_temporary_counter_stays_dead():
    shown = []
    once = child_spec(Counter, 2, tick_ms=1, show=shown.append).but(restart="temporary")
    supervisor = Supervisor([once]).start()
    eventually(lambda: supervisor.which_children() == [])
    assert shown == ["tick 2", "tick 1"]
    supervisor.stop()


def test_three_counters_under_one_for_all_restart_together_from_their_first_values():
    """Long, short and medium tick as one here: each tick of a process of its own would race the others."""
    shown, started = [], []

    class Shared(Counter):
        def init(self, initial, label):
            super().init(initial, None, lambda line: shown.append((label, line)))
            started.append((label, initial))

        def tick(self):
            self.send("tick")

    specs = [
        child_spec(Shared, initial, label).but(id=label)
        for label, initial in (("long", 15), ("short", 5), ("medium", 10))
    ]
    supervisor = Supervisor(specs, "one_for_all").start()
    first = started.copy()
    counters = [info.process for info in supervisor.which_children()]
    for _ in range(6):  # five ticks, and the boom of "short"
        for counter in counters:
            counter.tick()
    eventually(lambda: len(started) == 6)

    assert started == first * 2
    assert [line for label, line in shown if label == "short"] == [f"tick {n}" for n in (5, 4, 3, 2, 1)]
    assert [info.process.val() for info in supervisor.which_children()] == [15, 5, 10]
    supervisor.stop()


def test_two_counters_need_two_ids():
    with pytest.raises(DuplicateChild, match="'Counter'"):
        Supervisor([child_spec(Counter, 15), child_spec(Counter, 5)]).start()
