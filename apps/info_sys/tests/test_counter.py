import pytest

from info_sys.counter import Counter, child_spec
from info_sys.otp.supervisor import DuplicateChild, Supervisor
from info_sys.testing import eventually


def test_version_1_counts_and_answers():
    counter = Counter(0).start()
    counter.inc()
    counter.inc()
    assert counter.val() == 2
    counter.dec()
    assert counter.val() == 1
    counter.stop()


def test_version_2_is_a_gen_server():
    counter = Counter(10).start()
    assert counter.dec() is None
    counter.dec()
    assert counter.val() == 8
    counter.stop()


def test_version_3_ticks_down():
    shown = []
    counter = Counter(5, 1, shown.append).start()
    eventually(lambda: len(shown) >= 2)
    assert shown[:2] == ["tick 5", "tick 4"]
    counter.stop()


def test_version_4_goes_boom_at_zero_and_is_restarted_with_its_first_value(caplog):
    shown = []
    supervisor = Supervisor([child_spec(5, tick_ms=1, show=shown.append)], max_restarts=1).start()
    eventually(lambda: len(shown) >= 10)
    assert shown[:10] == [f"tick {n}" for n in (5, 4, 3, 2, 1)] * 2
    assert supervisor.wait(5)
    assert "boom!" in caplog.text


def test_a_temporary_counter_stays_dead():
    shown = []
    supervisor = Supervisor([child_spec(2, restart="temporary", tick_ms=1, show=shown.append)]).start()
    eventually(lambda: supervisor.which_children() == [])
    assert shown == ["tick 2", "tick 1"]
    supervisor.stop()


def test_three_counters_under_one_for_all_restart_together_from_their_first_values():
    shown = {"long": [], "short": [], "medium": []}
    specs = [
        child_spec(initial, id=name, tick_ms=2, show=shown[name].append)
        for name, initial in (("long", 15), ("short", 2), ("medium", 10))
    ]
    supervisor = Supervisor(specs, "one_for_all").start()
    eventually(lambda: all(lines.count(lines[0]) >= 2 for lines in shown.values() if lines) and shown["long"])
    assert shown["long"][0] == "tick 15"
    assert "tick 1" not in shown["long"] + shown["medium"]
    supervisor.exit()
    assert supervisor.wait(5)


def test_two_counters_need_two_ids():
    with pytest.raises(DuplicateChild, match="'Counter'"):
        Supervisor([child_spec(15), child_spec(5)]).start()
