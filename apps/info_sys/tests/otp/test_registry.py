import pytest

from info_sys.otp import AlreadyStarted, Process, Registry, register, unregister, whereis
from info_sys.otp.registry import resolve


@pytest.fixture
def process():
    process = Process().start()
    yield process
    process.stop()


@pytest.fixture
def other():
    other = Process().start()
    yield other
    other.stop()


class TestNames:
    def test_find_the_process_until_it_ends(self, process):
        register("a name", process)
        assert whereis("a name") is process
        process.stop()
        assert whereis("a name") is None

    def test_are_unique(self, process, other):
        register("taken", process)
        with pytest.raises(AlreadyStarted) as caught:
            register("taken", other)
        assert caught.value.process is process

    def test_are_free_before_a_monitor_hears(self, process, other):
        register("heir", process)
        taken = []
        process.monitor(lambda down: taken.append(whereis("heir")))
        process.stop()
        assert taken == [None]

    def test_can_be_given_up_and_taken_by_another(self, process, other):
        register("moving", process)
        unregister("moving")
        register("moving", other)
        process.stop()
        assert whereis("moving") is other

    def test_of_a_dead_process_are_refused(self, process):
        process.stop()
        with pytest.raises(ProcessLookupError):
            register("ghost", process)

    def test_that_nobody_has_do_not_resolve(self, process):
        assert resolve(process) is process
        with pytest.raises(ProcessLookupError, match="nobody"):
            resolve("nobody")


class TestARegistryOfOnesOwn:
    def test_may_have_many_processes_under_a_key(self, process, other):
        registry = Registry(unique=False)
        registry.register("room", process, "first")
        registry.register("room", other, "second")
        assert registry.lookup("room") == [(process, "first"), (other, "second")]
        assert registry.dispatch("room", "hello") == 2
        other.stop()
        assert registry.lookup("room") == [(process, "first")]

    def test_forgets_a_dead_process_under_all_its_keys(self, process):
        registry = Registry()
        for key in ("a", ("b", 1)):
            registry.register(key, process)
        assert registry.keys(process) == ["a", ("b", 1)]
        process.stop()
        assert registry.lookup("a") == registry.lookup(("b", 1)) == registry.keys(process) == []

    def test_gives_up_one_holder_of_a_key(self, process, other):
        registry = Registry(unique=False)
        registry.register("room", process)
        registry.register("room", other)
        registry.unregister("room", process)
        registry.unregister("room", process)
        assert registry.whereis("room") is other
