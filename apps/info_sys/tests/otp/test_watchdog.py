import threading

from info_sys.otp.watchdog import Watchdog
from info_sys.testing import eventually


def test_it_looks_in_while_there_is_work_and_then_falls_asleep():
    looks, busy = [], threading.Event()
    busy.set()
    watchdog = Watchdog(lambda on_time: looks.append(on_time) or busy.is_set(), 0.001)
    assert watchdog.asleep

    watchdog.wake()
    eventually(lambda: len(looks) > 20)
    assert not watchdog.asleep

    busy.clear()
    eventually(lambda: watchdog.asleep)


def test_what_comes_while_it_falls_asleep_wakes_it_again():
    """The look that it takes last finds work: nobody else would tell it."""
    answers = [False] * 50 + [True] + [False] * 100
    seen = []
    watchdog = Watchdog(lambda _on_time: seen.append(answers[len(seen)]) or seen[-1], 0.001)

    watchdog.wake()

    eventually(lambda: watchdog.asleep and len(seen) == 102)


def test_a_look_that_fails_is_logged_and_the_next_one_comes(caplog):
    looks = []

    def look(_on_time):
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("blind")
        return False

    watchdog = Watchdog(look, 0.001)
    watchdog.wake()

    eventually(lambda: watchdog.asleep and len(looks) > 5)
    assert "blind" in caplog.text
