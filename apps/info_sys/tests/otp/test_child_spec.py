import pytest

from info_sys.counter import Counter
from info_sys.otp import whereis
from info_sys.otp.child_spec import ChildSpec, child_spec
from info_sys.otp.gen_server import GenServer
from info_sys.otp.supervisor import Supervisor
from info_sys.otp.task import TaskSupervisor


class Once(GenServer):
    restart = "temporary"
    shutdown_ms = 10


def fields(spec):
    return spec.id, spec.restart, spec.shutdown_ms, spec.type


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (Counter, ("Counter", "permanent", 5000, "worker")),
        (Once, ("Once", "temporary", 10, "worker")),
        (TaskSupervisor, ("TaskSupervisor", "permanent", 5000, "supervisor")),
        (Supervisor, ("Supervisor", "permanent", None, "supervisor")),
    ],
)
def test_a_class_says_what_its_supervisor_needs_to_know(server, expected):
    assert fields(child_spec(server)) == expected


def test_arguments_reach_the_server_at_every_start():
    spec = child_spec(Counter, 15)
    for _ in range(2):
        counter = spec.start()
        assert counter.val() == 15
        counter.dec()
        counter.stop()


def test_one_child_may_differ_in_any_field_and_the_spec_it_came_from_stays():
    plain = child_spec(Counter, 5)
    short = plain.but(id="short", restart="transient", shutdown_ms=0)
    assert fields(short) == ("short", "transient", 0, "worker")
    assert fields(plain) == ("Counter", "permanent", 5000, "worker")
    with pytest.raises(TypeError, match="strategy"):
        plain.but(strategy="one_for_all")


def test_a_supervisor_takes_classes_specs_and_supervisors_alike():
    below = child_spec(Supervisor, [Once], name="below")
    supervisor = Supervisor([Counter, child_spec(Counter, 7).but(id="seven"), below]).start()
    infos = supervisor.which_children()
    assert [info.id for info in infos] == ["Counter", "seven", "Supervisor"]
    assert [infos[0].process.val(), infos[1].process.val()] == [0, 7]
    assert [info.id for info in whereis("below").which_children()] == ["Once"]
    supervisor.start_child(Once)
    assert supervisor.which_children()[-1].restart == "temporary"
    supervisor.stop()


def test_a_plain_process_needs_a_spec_written_out():
    assert fields(ChildSpec("any", Once().start)) == ("any", "permanent", 5000, "worker")
