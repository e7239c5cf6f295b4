import time

from info_sys.otp import Process, call_after, send_after
from info_sys.otp.timer import _clock
from info_sys.testing import eventually


class Recorder(Process):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle(self, message):
        self.seen.append(message)


def test_a_message_arrives_after_its_delay_and_not_before():
    process = Recorder().start()
    begin = time.monotonic()
    arrived = []
    timer = call_after(lambda: arrived.append(time.monotonic() - begin), 30)
    send_after(process, "tick", 30)
    eventually(lambda: process.seen == ["tick"] and arrived)
    assert arrived[0] >= 0.03
    assert not timer.pending
    process.stop()


def test_timers_fire_in_order_of_their_time_and_equal_ones_in_order_of_their_start():
    fired = []
    call_after(lambda: fired.append("late"), 20)
    call_after(lambda: fired.append("soon"), 0)
    call_after(lambda: fired.append("soon after"), 0)
    eventually(lambda: fired == ["soon", "soon after", "late"])


def test_a_cancelled_timer_never_fires():
    fired = []
    timer = call_after(lambda: fired.append("cancelled"), 10)
    assert timer.cancel() is True
    assert timer.cancel() is False
    call_after(lambda: fired.append("other"), 20)
    eventually(lambda: fired == ["other"])


def test_a_fired_timer_can_not_be_cancelled():
    fired = []
    timer = call_after(lambda: fired.append(1), 0)
    eventually(lambda: fired)
    assert timer.cancel() is False


def test_a_crashing_call_does_not_stop_the_clock(caplog):
    fired = []
    call_after(lambda: 1 / 0, 0)
    call_after(lambda: fired.append(1), 1)
    eventually(lambda: fired)
    assert "a timer's call crashed" in caplog.text


def test_cancelled_timers_do_not_pile_up():
    for _ in range(5000):
        call_after(lambda: None, 600_000).cancel()
    assert len(_clock._heap) < 3000
