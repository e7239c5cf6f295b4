import threading
import time

import pytest

from info_sys.otp import KILLED, Exit
from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.task import MaxChildren, Ok, Task, TaskSupervisor, find_supervisor, yield_many
from info_sys.testing import eventually


@pytest.fixture
def supervisor():
    supervisor = TaskSupervisor(max_children=4).start()
    yield supervisor
    supervisor.exit()
    assert supervisor.drain(5)


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


class TestAsyncNolink:
    def test_gives_the_value(self, supervisor):
        assert supervisor.async_nolink(divmod, 7, 2).result(5) == Ok((3, 1))

    @pytest.mark.parametrize("error", [ZeroDivisionError(), SystemExit(3), RecursionError()])
    def test_gives_a_crash_as_exit_and_leaves_all_others_alone(self, supervisor, caplog, error):
        def crash():
            raise error

        outcome = supervisor.async_nolink(crash).result(5)
        assert isinstance(outcome, Exit)
        assert outcome.reason is error
        assert supervisor.alive
        assert supervisor.async_nolink(lambda: 1).result(5) == Ok(1)
        assert "a task crashed" in caplog.text

    def test_refuses_more_than_its_limit_and_counts_only_what_runs(self, supervisor, gate):
        tasks = [supervisor.async_nolink(gate.wait, 5) for _ in range(4)]
        with pytest.raises(MaxChildren):
            supervisor.async_nolink(gate.wait, 5)
        assert supervisor.children() == tasks
        gate.set()
        eventually(lambda: supervisor.children() == [])
        supervisor.async_nolink(gate.wait, 5)

    def test_of_an_ended_supervisor_is_refused(self, supervisor):
        supervisor.stop()
        with pytest.raises(ProcessDown):
            supervisor.async_nolink(int)


class TestShutdown:
    def test_abandons_a_task_and_drops_its_late_result(self, supervisor, gate):
        task = supervisor.async_nolink(lambda: gate.wait(5) and "late")
        assert task.shutdown() is None
        gate.set()
        eventually(lambda: supervisor.children() == [])
        assert task.result().reason == KILLED

    def test_gives_a_result_that_arrived_in_the_meantime(self, supervisor):
        task = supervisor.async_nolink(lambda: "just in time")
        eventually(lambda: task.done)
        assert task.shutdown() == Ok("just in time")

    def test_of_the_supervisor_gives_up_on_all(self, supervisor, gate):
        task = supervisor.async_nolink(gate.wait, 5)
        supervisor.kill()
        assert task.result(5).reason == KILLED

    def test_before_the_thread_began_keeps_the_function_from_running(self):
        ran = []
        task = Task(lambda: ran.append(1))
        task.shutdown()
        task.run()
        assert ran == []


class TestYieldMany:
    def test_has_one_deadline_for_all(self, supervisor, gate):
        tasks = [supervisor.async_nolink(gate.wait, 5) for _ in range(3)]
        quick = supervisor.async_nolink(lambda: "quick")
        begin = time.monotonic()
        outcomes = yield_many([*tasks, quick], 0.3)
        assert time.monotonic() - begin < 0.85
        assert outcomes == [*((task, None) for task in tasks), (quick, Ok("quick"))]

    def test_of_nothing_is_nothing(self):
        assert yield_many([], 5) == []


def test_a_task_started_alone_only_logs_its_crash(caplog):
    task = Task.start(lambda: 1 / 0)
    eventually(lambda: task.done)
    assert "ZeroDivisionError" in caplog.text


def test_a_supervisor_is_found_by_its_name_only_if_it_is_one():
    named = TaskSupervisor("tasks").start()
    assert find_supervisor("tasks") is named
    named.stop()
    with pytest.raises(ProcessDown):
        find_supervisor("tasks")


def test_a_supervisor_can_be_waited_for_until_nothing_is_under_way():
    supervisor, over = TaskSupervisor().start(), threading.Event()
    supervisor.start_child(over.wait, 5)
    assert supervisor.drain(0.01) is False
    over.set()
    assert supervisor.drain(5) is True
    supervisor.stop()
