import pytest

from info_sys.otp import AlreadyStarted
from info_sys.otp.agent import Agent
from info_sys.otp.gen_server import ProcessDown
from info_sys.testing import eventually


@pytest.fixture
def agent():
    agent = Agent(lambda: 5).start()
    yield agent
    agent.exit()
    assert agent.wait(5)


def test_the_session_of_the_book(agent):
    assert agent.update(lambda n: n + 1) is None
    assert agent.get(lambda n: n) == 6
    agent.stop()
    assert not agent.alive


def test_get_and_update_answers_and_replaces(agent):
    assert agent.get_and_update(lambda n: (n, n * 10)) == 5
    assert agent.get(lambda n: n) == 50


def test_cast_does_not_wait(agent):
    assert agent.cast(lambda n: n - 1)
    eventually(lambda: agent.get(lambda n: n) == 4)


def test_a_name_is_taken_once():
    first = Agent(lambda: 5, name="MyAgent").start()
    with pytest.raises(AlreadyStarted) as caught:
        Agent(lambda: 5, name="MyAgent").start()
    assert caught.value.process is first
    first.stop()


def test_a_crashing_function_ends_the_agent(agent):
    with pytest.raises(ProcessDown, match="ZeroDivisionError"):
        agent.get(lambda n: n / 0)


def test_updates_from_many_threads_are_never_lost(agent):
    import threading

    threads = [
        threading.Thread(target=lambda: [agent.update(lambda n: n + 1) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert agent.get(lambda n: n) == 205
