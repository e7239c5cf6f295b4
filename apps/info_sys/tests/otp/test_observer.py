import threading

import pytest

from info_sys.counter import Counter
from info_sys.otp import Process
from info_sys.otp.child_spec import child_spec
from info_sys.otp.observer import busiest, find, info, kill, processes, roots, system, tree, types
from info_sys.otp.supervisor import ChildSpec, Supervisor
from info_sys.testing import eventually


@pytest.fixture
def supervisor():
    below = lambda: Supervisor([child_spec(Counter, 5)], name="below").start()  # noqa: E731  # a spec's start
    spec = ChildSpec("nested", below, type="supervisor", shutdown_ms=None)
    supervisor = Supervisor([child_spec(Counter, 1), spec], name="above").start()
    yield supervisor
    supervisor.stop()


def test_the_tree_shows_every_level(supervisor):
    node = tree("above")
    assert [line.split(" (")[0] for line in node.lines()] == ["above", "  Counter", "  nested", "    Counter"]


def test_a_child_that_does_not_run_is_shown_as_such(supervisor):
    supervisor.terminate_child("Counter")
    assert "  Counter (not running)" in list(tree(supervisor).lines())


def test_a_killed_worker_comes_back(supervisor):
    old = tree(supervisor).children[0].info.process
    kill(old)
    eventually(
        lambda: tree(supervisor).children[0].info and tree(supervisor).children[0].info.process is not old
    )


def test_processes_are_listed_with_their_names(supervisor):
    listed = {seen.name: seen for seen in processes() if seen.name}
    assert listed["above"].type == "Supervisor"
    assert listed["above"].alive
    assert system().processes == len(processes())


def test_the_queue_length_shows_who_is_behind():
    gate = threading.Event()

    class Slow(Process):
        def handle(self, message):
            gate.wait(5)

    slow = Slow().start()
    slow.send("first")
    eventually(lambda: slow.queue_length == 0)
    for _ in range(5):
        slow.send("more")
    assert busiest()[0].process is slow
    assert [seen.queue_length for seen in busiest(1)] == [info(slow).queue_length] == [5]
    assert (system().longest, system().waiting) == (5, 5)
    gate.set()
    slow.stop()


def test_an_unknown_name_is_an_error():
    with pytest.raises(ProcessLookupError):
        kill("nobody")


def test_a_process_is_found_by_its_name_or_its_number(supervisor):
    assert find("above") is supervisor
    assert find(hex(id(supervisor))) is supervisor
    assert hex(id(Process().start())) in repr(processes()[-1].process)
    for unknown in ("nobody", "0x1"):
        with pytest.raises(ProcessLookupError):
            find(unknown)


def test_processes_are_counted_by_their_class():
    class Rare(Process):
        pass

    rare = [Rare().start() for _ in range(3)]
    assert types()["Rare"] == 3
    for process in rare:
        process.stop()
    assert "Rare" not in types()


def test_the_roots_are_the_supervisors_that_nobody_supervises(supervisor):
    assert [root.name for root in roots() if root.name in ("above", "below")] == ["above"]


def test_dropped_mail_is_counted_beyond_the_life_of_its_process():
    class Small(Process):
        max_mailbox = 1

    before, small = system().dropped, Small()
    small.send("fits")
    assert not small.send("dropped")
    small.start().stop()
    assert system().dropped == before + 1
