"""Many questions, over real sockets: equal ones share requests, none waits for a sum or asks the dead."""

import threading
import time
from contextlib import ExitStack

import pytest

from info_sys import compute
from info_sys.backends.wolfram import Wolfram
from info_sys.breaker import FAILURES
from info_sys.system import ask
from info_sys.testing import FaultServer, loopback_client

pytestmark = pytest.mark.usefixtures("app")

EQUAL = 1_000
DELAY_S = 0.5


def source(number, server, fault="slow"):
    """Wolfram Alpha under a name of its own."""
    kind = type(f"Source{number}", (Wolfram,), {"name": f"source_{number}"})
    return kind("KEY", loopback_client(), server.url(fault))


@pytest.fixture
def servers():
    """Makes 8 servers that are so slow, in s."""
    with ExitStack() as stack:
        yield lambda slow_s: [stack.enter_context(FaultServer(slow_s)) for _ in range(8)]


def test_a_thousand_equal_questions_at_once_are_one_request_to_each_source(servers):
    slow_servers = servers(0.01)
    sources = [source(number, server) for number, server in enumerate(slow_servers)]
    gate, counts = threading.Barrier(EQUAL), []

    def one():
        gate.wait(30)
        counts.append(len(compute("1 + 1?", backends=sources, timeout_ms=30_000)))

    threads = [threading.Thread(target=one) for _ in range(EQUAL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counts == [8] * EQUAL
    assert [len(server.requests) for server in slow_servers] == [1] * 8


def test_a_cold_question_takes_the_time_of_the_slowest_and_not_the_sum(servers):
    slow_servers = servers(DELAY_S)
    sources = [source(number, server) for number, server in enumerate(slow_servers)]
    begin = time.monotonic()
    assert len(compute("1 + 1?", backends=sources)) == 8
    assert DELAY_S <= time.monotonic() - begin < 4 * DELAY_S


def test_two_hundred_questions_beside_a_dead_source_do_not_touch_it(faults):
    dead = source(99, faults, "error")
    for number in range(FAILURES):
        compute(f"{number} + 1?", backends=[dead])
    assert len(faults.requests) == FAILURES
    for number in range(200):
        (outcome,) = ask(f"{number} + 2?", backends=[dead]).outcomes
        assert (outcome.state, outcome.took_ms) == ("resting", None)
    assert len(faults.requests) == FAILURES
