import threading

import pytest

from info_sys.otp import KILLED, NORMAL, SHUTDOWN, Process, whereis
from info_sys.otp.gen_server import GenServer, cast
from info_sys.otp.supervisor import (
    ChildNotFound,
    ChildRunning,
    ChildSpec,
    DuplicateChild,
    StartError,
    Supervisor,
    is_normal,
)
from info_sys.testing import eventually


class World:
    """Starts workers and keeps a diary of what starts and ends."""

    def __init__(self):
        self.diary = []
        self.failing = set()

    def spec(self, name, **options):
        return ChildSpec(name, lambda: self.start(name), **options)

    def start(self, name):
        if name in self.failing:
            raise OSError(f"no {name} today")
        return Worker(self, name).start()

    def ended(self):
        return [event[1:] for event in self.diary if event[0] == "-"]


class Worker(GenServer):
    def init(self, world, name):
        self.world, self.label = world, name
        world.diary.append("+" + name)

    def handle_cast(self, request):
        request()

    def terminate(self, reason):
        self.world.diary.append("-" + self.label)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def supervise():
    started = []

    def start(children=(), strategy="one_for_one", **options):
        started.append(Supervisor(children, strategy, **options).start())
        return started[-1]

    yield start
    for supervisor in started:
        supervisor.exit()
        assert supervisor.wait(5)


def pid(supervisor, name):
    return next(info.process for info in supervisor.children_now() if info.id == name)


def end(supervisor, name, reason=KILLED):
    """End a child and wait until its supervisor has dealt with it."""
    process = pid(supervisor, name)
    process.exit(reason)
    assert process.wait(5)
    supervisor.which_children()
    return process


class TestRestart:
    @pytest.mark.parametrize("reason", [NORMAL, SHUTDOWN, "broken", ValueError()])
    def test_permanent_always_comes_back(self, world, supervise, reason):
        supervisor = supervise([world.spec("a")])
        old = end(supervisor, "a", reason)
        assert pid(supervisor, "a") is not old
        assert pid(supervisor, "a").alive

    @pytest.mark.parametrize(
        ("reason", "back"),
        [(NORMAL, False), (SHUTDOWN, False), ((SHUTDOWN, "why"), False), ("broken", True), (KILLED, True)],
    )
    def test_transient_comes_back_only_after_an_abnormal_end(self, world, supervise, reason, back):
        supervisor = supervise([world.spec("a", restart="transient")])
        end(supervisor, "a", reason)
        assert (pid(supervisor, "a") is not None) is back

    def test_temporary_never_comes_back_and_is_forgotten(self, world, supervise):
        supervisor = supervise([world.spec("a", restart="temporary")])
        end(supervisor, "a", "broken")
        assert supervisor.which_children() == []


class TestStrategy:
    @pytest.mark.parametrize(
        ("strategy", "after"),
        [
            ("one_for_one", ["-b", "+b"]),
            ("one_for_all", ["-b", "-c", "-a", "+a", "+b", "+c"]),
            ("rest_for_one", ["-b", "-c", "+b", "+c"]),
        ],
    )
    def test_decides_who_else_is_restarted(self, world, supervise, strategy, after):
        supervisor = supervise([world.spec(name) for name in "abc"], strategy)
        world.diary.clear()
        end(supervisor, "b")
        assert world.diary == after

    def test_for_all_lets_temporary_siblings_go(self, world, supervise):
        supervisor = supervise([world.spec("a"), world.spec("b", restart="temporary")], "one_for_all")
        end(supervisor, "a")
        assert [info.id for info in supervisor.which_children()] == ["a"]

    def test_that_does_not_exist_is_refused_with_the_ones_that_do(self):
        with pytest.raises(ValueError, match="one_for_one, one_for_all or rest_for_one"):
            Supervisor([], "all_for_one")


class TestIntensity:
    def test_three_restarts_are_fine_and_the_fourth_ends_the_supervisor_and_its_children(
        self, world, supervise, caplog
    ):
        supervisor = supervise([world.spec("a"), world.spec("b")])
        for _ in range(3):
            end(supervisor, "a")
        assert supervisor.alive
        pid(supervisor, "a").kill()
        assert supervisor.wait(5)
        assert supervisor.exit_reason == SHUTDOWN
        assert "child a made it more than 3 restarts in 5 s" in caplog.text
        assert world.ended()[-1] == "b"

    def test_counts_only_the_last_seconds(self, world, supervise):
        supervisor = supervise([world.spec("a")], max_restarts=1, max_seconds=0)
        for _ in range(4):
            end(supervisor, "a")
        assert supervisor.alive

    def test_beyond_escalates_to_the_supervisor_above_which_starts_anew(self, world, supervise):
        def lower():
            return Supervisor([world.spec("a")], max_restarts=0, name="lower").start()

        upper = supervise([ChildSpec("lower", lower, type="supervisor", shutdown_ms=None)])
        first = whereis("lower")
        pid(first, "a").kill()
        assert first.wait(5)
        upper.which_children()
        assert whereis("lower") not in (None, first)
        assert pid(whereis("lower"), "a").alive

    def test_counts_restarts_that_fail_until_it_gives_up(self, world, supervise, caplog):
        supervisor = supervise([world.spec("a")])
        world.failing.add("a")
        pid(supervisor, "a").kill()
        assert supervisor.wait(5)
        assert caplog.text.count("no a today") == 3

    def test_gives_a_failing_restart_more_tries(self, world, supervise):
        supervisor = supervise([world.spec("a")])
        world.failing.add("a")
        tries = []
        world.start, start = (
            lambda name: (tries.append(name), tries[2:] and world.failing.clear(), start(name))[2],
            world.start,
        )
        pid(supervisor, "a").kill()
        eventually(lambda: pid(supervisor, "a") is not None and len(tries) == 3)
        assert supervisor.alive


class TestStart:
    def test_and_stop_go_in_opposite_orders(self, world, supervise):
        supervise([world.spec(name) for name in "abc"]).stop(SHUTDOWN)
        assert world.diary == ["+a", "+b", "+c", "-c", "-b", "-a"]

    def test_refuses_two_children_with_one_id_and_names_it(self, world):
        with pytest.raises(DuplicateChild, match="'a'"):
            Supervisor([world.spec("a"), world.spec("b"), world.spec("a")]).start()
        assert world.diary == []

    def test_stops_the_first_children_when_a_later_one_fails(self, world):
        world.failing.add("c")
        with pytest.raises(StartError, match="child 'c' failed to start: OSError: no c today"):
            Supervisor([world.spec(name) for name in "abc"], name="unborn").start()
        assert world.diary == ["+a", "+b", "-b", "-a"]
        assert whereis("unborn") is None


class TestShutdown:
    @pytest.mark.parametrize("shutdown_ms", [20, 0])
    def test_gives_up_a_child_that_misses_its_deadline(
        self, world, supervise, monkeypatch, shutdown_ms, caplog
    ):
        monkeypatch.setattr("info_sys.otp.supervisor._KILL_MS", 20)
        supervisor = supervise([world.spec("a"), world.spec("stuck", shutdown_ms=shutdown_ms)])
        gate, stuck = threading.Event(), pid(supervisor, "stuck")
        cast(stuck, lambda: gate.wait(5))
        eventually(lambda: stuck.queue_length == 0)
        supervisor.stop()
        assert not stuck.alive
        assert "child stuck did not stop in time" in caplog.text
        assert world.ended() == ["a"]
        gate.set()
        eventually(lambda: world.ended() == ["a", "stuck"])

    def test_also_follows_a_kill_of_the_supervisor(self, world, supervise):
        supervisor = supervise([world.spec("a")])
        supervisor.kill()
        assert supervisor.wait(5)
        assert world.ended() == ["a"]


class TestChildrenAtRunTime:
    def test_can_be_added_stopped_restarted_and_deleted(self, world, supervise):
        supervisor = supervise()
        first = supervisor.start_child(world.spec("a"))
        supervisor.terminate_child("a")
        assert not first.alive
        second = supervisor.restart_child("a")
        assert pid(supervisor, "a") is second
        supervisor.terminate_child("a")
        supervisor.delete_child("a")
        assert supervisor.which_children() == []

    def test_are_counted(self, world, supervise):
        supervisor = supervise([world.spec("a"), world.spec("b"), world.spec("s", type="supervisor")])
        supervisor.terminate_child("b")
        count = supervisor.count_children()
        assert (count.specs, count.active, count.workers, count.supervisors) == (3, 2, 2, 1)

    def test_errors_belong_to_the_caller(self, world, supervise):
        supervisor = supervise([world.spec("a")])
        world.failing.add("b")
        for error, act in [
            (DuplicateChild, lambda: supervisor.start_child(world.spec("a"))),
            (StartError, lambda: supervisor.start_child(world.spec("b"))),
            (ChildNotFound, lambda: supervisor.terminate_child("none")),
            (ChildRunning, lambda: supervisor.restart_child("a")),
            (ChildRunning, lambda: supervisor.delete_child("a")),
        ]:
            with pytest.raises(error):
                act()
        assert supervisor.alive
        assert pid(supervisor, "a").alive

    def test_that_were_stopped_on_purpose_do_not_come_back(self, world, supervise):
        supervisor = supervise([world.spec("a")])
        supervisor.terminate_child("a")
        assert pid(supervisor, "a") is None
        assert world.diary == ["+a", "-a"]


def test_an_old_down_message_is_ignored(world, supervise):
    supervisor = supervise([world.spec("a")])
    stranger = Process().start()
    stranger.monitor(supervisor)
    stranger.stop()
    assert pid(supervisor, "a") is not None
    assert supervisor.which_children()[0].process.alive


def test_normal_reasons():
    assert [is_normal(r) for r in (NORMAL, SHUTDOWN, (SHUTDOWN, 1), KILLED, ValueError(), (1, 2))] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
