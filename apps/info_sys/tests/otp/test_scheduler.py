import threading

from info_sys.otp import Process, blocking
from info_sys.otp.gen_server import GenServer, Reply, call
from info_sys.otp.scheduler import POOL_SIZE, Scheduler, default
from info_sys.testing import eventually


class Relay(GenServer):
    """Answers by asking the next one."""

    def init(self, following=None):
        self.following = following

    def handle_call(self, request, caller):
        return Reply(0 if self.following is None else 1 + call(self.following, request))


def test_servers_that_call_each_other_do_not_use_up_the_threads():
    """A chain three times as deep as the pool: each link waits inside its turn."""
    chain = [Relay().start()]
    for _ in range(POOL_SIZE * 3):
        chain.append(Relay(chain[-1]).start())
    assert call(chain[-1], "depth") == POOL_SIZE * 3
    for server in chain:
        server.stop()


def test_waits_that_say_so_do_not_hold_up_others():
    gate = threading.Event()

    class Waiter(Process):
        def handle(self, message):
            with blocking():
                message.wait(5)

    waiters = [Waiter().start() for _ in range(POOL_SIZE * 2)]
    for waiter in waiters:
        waiter.send(gate)
    quick = Relay().start()
    assert call(quick, "depth") == 0
    gate.set()
    for process in [*waiters, quick]:
        process.stop()
    eventually(lambda: default.stats().blocked == 0)


def test_blocking_outside_a_turn_changes_nothing():
    before = default.stats().threads
    with blocking():
        assert default.stats().blocked == 0
    assert default.stats().threads == before


def test_threads_start_with_the_first_runnable_and_are_daemons():
    ran = threading.Event()

    class Once:
        def take_turn(self):
            self.thread = threading.current_thread()
            ran.set()

    scheduler = Scheduler(size=1)
    assert scheduler.stats().threads == 0
    once = Once()
    scheduler.ready(once)
    assert ran.wait(5)
    assert once.thread.daemon
    assert scheduler.stats().threads == 1


def test_a_runnable_that_breaks_the_rule_not_to_raise_is_logged_and_the_thread_lives(caplog):
    ran = threading.Event()

    class Bad:
        def take_turn(self):
            raise RuntimeError("rule broken")

    class Good:
        def take_turn(self):
            ran.set()

    scheduler = Scheduler(size=1)
    scheduler.ready(Bad())
    scheduler.ready(Good())
    assert ran.wait(5)
    assert "rule broken" in caplog.text
