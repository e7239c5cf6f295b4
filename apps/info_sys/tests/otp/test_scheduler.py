import os
import statistics
import threading
from contextlib import contextmanager

import pytest

from info_sys.otp import Process, blocking
from info_sys.otp.gen_server import GenServer, Reply, call
from info_sys.otp.scheduler import MAX_THREADS, POOL_SIZE, Scheduler, default
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


def test_blocking_outside_a_turn_is_what_the_owner_of_the_other_threads_says():
    scheduler, told = Scheduler(size=1, tick_s=10), []

    @contextmanager
    def around():
        told.append("begun")
        yield
        told.append("ended")

    scheduler.elsewhere(around)
    with scheduler.blocking():
        assert told == ["begun"]
    assert told == ["begun", "ended"]
    job = Job()
    job.take_turn = lambda: (job.began.set(), wait_blocking(scheduler, job))
    scheduler.ready(job)
    assert job.began.wait(5)
    job.over.set()

    eventually(lambda: scheduler.stats().blocked == 0)
    assert told == ["begun", "ended"], "its own threads' turns are no business of that one"


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


def test_one_thread_serves_the_line_while_turns_are_short():
    """Others would only wake to wait for the interpreter lock."""
    scheduler, served = Scheduler(size=4, tick_s=10), []

    class Short:
        def __init__(self):
            self.over = threading.Event()

        def take_turn(self):
            served.append(threading.get_ident())
            self.over.set()

    for _ in range(20):
        short = Short()
        scheduler.ready(short)
        assert short.over.wait(5)
    assert len(set(served)) == 1


def test_whoever_waits_and_says_so_hands_the_line_on_and_stands_by_afterwards():
    scheduler, waiter, quick = Scheduler(size=2, tick_s=10), Job(), [Job() for _ in range(20)]
    waiter.take_turn = lambda: (waiter.began.set(), wait_blocking(scheduler, waiter))
    for job in quick:
        job.over.set()
    scheduler.ready(waiter)
    assert waiter.began.wait(5)

    for job in quick[:10]:
        scheduler.ready(job)
    eventually(lambda: all(job.began.is_set() for job in quick[:10]))
    waiter.over.set()
    for job in quick[10:]:
        scheduler.ready(job)
    eventually(lambda: all(job.began.is_set() for job in quick))


def test_the_line_is_empty_when_nobody_waits_for_a_turn():
    scheduler, job, other = Scheduler(size=1, tick_s=10), Job(), Job()
    other.over.set()
    assert scheduler.line_is_empty()
    scheduler.ready(job)
    assert job.began.wait(5)
    assert scheduler.line_is_empty(), "it has its turn"
    scheduler.ready(other)
    assert not scheduler.line_is_empty()
    job.over.set()
    assert other.began.wait(5)


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


class Job:
    """A runnable that is over when it is told."""

    def __init__(self):
        self.began, self.over = threading.Event(), threading.Event()

    def take_turn(self):
        self.began.set()
        self.over.wait(20)


class TestLongTurns:
    """Turns that hold their threads without saying so."""

    def test_get_stand_ins_which_go_when_they_are_over(self):
        scheduler, jobs, quick = Scheduler(size=2, tick_s=0.005), [Job() for _ in range(6)], Job()
        quick.over.set()
        for job in [*jobs, quick]:
            scheduler.ready(job)

        assert quick.began.wait(20)
        assert all(job.began.is_set() for job in jobs)
        eventually(lambda: scheduler.stats().long == 6, timeout_s=20)
        assert 6 < scheduler.stats().threads <= 8

        for job in jobs:
            job.over.set()
        eventually(lambda: scheduler.stats().threads == 2 and scheduler.stats().long == 0, timeout_s=20)

    def test_are_no_more_than_there_may_be_threads(self):
        scheduler, jobs = Scheduler(size=1, tick_s=0.001), [Job() for _ in range(MAX_THREADS + 3)]
        for job in jobs:
            scheduler.ready(job)

        eventually(lambda: scheduler.stats().long == MAX_THREADS, timeout_s=20)
        assert scheduler.stats().threads == MAX_THREADS
        assert scheduler.stats().waiting == 3

        for job in jobs:
            job.over.set()
        eventually(lambda: all(job.began.is_set() for job in jobs))

    def test_are_told_of_once_in_the_log(self, caplog):
        scheduler, job = Scheduler(size=1, tick_s=0.002), Job()
        scheduler.ready(job)

        eventually(lambda: "better in a Task" in caplog.text, timeout_s=20)
        looks = scheduler._lasting.copy()
        eventually(lambda: scheduler._lasting != looks)
        assert caplog.text.count("better in a Task") == 1
        job.over.set()

    def test_that_say_they_wait_are_not_told_of(self, caplog):
        scheduler, job = Scheduler(size=1, tick_s=0.001), Job()
        job.take_turn = lambda: wait_blocking(scheduler, job)
        scheduler.ready(job)

        eventually(lambda: any(looks > 15 for _, looks in scheduler._lasting.values()))
        assert (scheduler.stats().blocked, scheduler.stats().long) == (1, 0)
        job.over.set()
        assert caplog.text == ""

    def test_of_processes_that_compute_leave_the_others_their_turns(self):
        """As many as there are threads, and none of them ever lets go."""
        over = threading.Event()

        class Computing(Process):
            def handle(self, message):
                while not over.is_set():
                    sum(range(1000))

        computing = [Computing().start() for _ in range(POOL_SIZE)]
        for process in computing:
            process.send("compute")
        quick = Relay().start()
        for _ in range(20):
            assert call(quick, "depth", 20) == 0
        over.set()
        for process in [*computing, quick]:
            process.stop()


def wait_blocking(scheduler, job):
    with scheduler.blocking(), scheduler.blocking():
        job.over.wait(20)


def test_blocking_inside_blocking_lends_one_thread():
    scheduler, job = Scheduler(size=1, tick_s=10), Job()
    job.take_turn = lambda: (job.began.set(), wait_blocking(scheduler, job))
    scheduler.ready(job)
    assert job.began.wait(5)
    eventually(lambda: scheduler.stats().blocked == 1)
    assert scheduler.stats().threads == 2
    job.over.set()
    eventually(lambda: scheduler.stats().blocked == 0)


def test_threads_lent_for_waits_are_given_back():
    scheduler, jobs = Scheduler(size=1, tick_s=0.001), [Job() for _ in range(10)]
    for job in jobs:
        job.take_turn = lambda job=job: wait_blocking(scheduler, job)
        scheduler.ready(job)
    eventually(lambda: scheduler.stats().blocked == 10)
    for job in jobs:
        job.over.set()
    eventually(lambda: scheduler.stats().threads == 1)


@pytest.mark.parametrize("greedy", [1, 8, 30])
def test_everybody_who_waits_has_a_turn_before_anybody_has_two(greedy):
    """Counted in turns of the others between the sending and the handling; the lower quartile of many, since
    the thread that counts may itself be put aside in between, the more often the busier the machine."""
    counts = []

    class Endless(Process):
        def handle(self, message):
            self.send(message)

    class Modest(Process):
        def handle(self, message):
            counts.append(turns() - message)

    def turns():
        return sum(process.turns for process in busy)

    class Sender(Process):
        def handle(self, message):
            modest.send(turns())

    busy = [Endless().start() for _ in range(greedy)]
    modest, sender = Modest().start(), Sender().start()
    for process in busy:
        process.send("again")
    for number in range(1, 100):
        sender.send("now")
        eventually(lambda number=number: len(counts) >= number)
    for process in [*busy, modest, sender]:
        process.stop()
    assert statistics.quantiles(counts, n=4)[0] <= greedy + 2 * POOL_SIZE


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_turn_that_forks_may_come_back_in_the_child():
    """Its thread belongs to the parent's line; what the child starts is served all the same."""
    served, told = os.pipe()

    class Waiter(Process):
        def handle(self, message):
            with blocking():
                message.set()

    def go_on():
        for _ in range(4):
            handled = threading.Event()
            Waiter().start().send(handled)
            if not handled.wait(5):
                os._exit(1)
        os.write(told, b"all")
        os._exit(0)

    class Forker(Process):
        child = 0

        def handle(self, message):
            pid = os.fork()
            if pid == 0:
                left = threading.current_thread()
                threading.Thread(target=lambda: (left.join(0.5), go_on()), daemon=True).start()
                return
            self.child = pid
            message.set()

    forked = threading.Event()
    forker = Forker().start()
    forker.send(forked)
    assert forked.wait(5)
    assert os.waitstatus_to_exitcode(os.waitpid(forker.child, 0)[1]) == 0
    assert os.read(served, 3) == b"all"
    os.close(served)
    os.close(told)
    forker.stop()
