import threading

import pytest

from info_sys.breaker import FAILURES, MAX_REST_S, PROBE_S, REST_S, Breaker, MemoryStore


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(MemoryStore(), clock, dice=lambda: 0.5)


def fail(breaker, times=FAILURES):
    for _ in range(times):
        breaker.failed("slow")


def test_a_source_is_asked_until_it_has_failed_five_times_in_a_row(breaker):
    fail(breaker, FAILURES - 1)
    breaker.succeeded("slow")
    fail(breaker, FAILURES - 1)
    assert breaker.allows("slow")
    fail(breaker, 1)
    assert not breaker.allows("slow")
    assert breaker.phase("slow") == "open"
    assert breaker.allows("another")


def test_after_a_rest_of_half_a_minute_one_question_tries_it(breaker, clock):
    fail(breaker)
    clock.now += REST_S
    assert not breaker.allows("slow"), "the rest has some jitter on top"
    clock.now += REST_S * 0.1
    assert breaker.phase("slow") == "half-open"
    assert [breaker.allows("slow") for _ in range(3)] == [True, False, False]


def test_an_answer_to_the_try_closes_it(breaker, clock):
    fail(breaker)
    clock.now += 2 * REST_S
    assert breaker.allows("slow")
    breaker.succeeded("slow")
    assert breaker.phase("slow") == "closed"
    fail(breaker, FAILURES - 1)
    assert breaker.allows("slow")


def test_each_failed_try_doubles_the_rest_up_to_ten_minutes(breaker, clock):
    rests = []
    fail(breaker)
    for _ in range(8):
        begin = clock.now
        while not breaker.allows("slow"):
            clock.now += 1
        rests.append(clock.now - begin)
        breaker.failed("slow")
    assert rests[:4] == [pytest.approx(1.05 * REST_S * 2**n, abs=1.5) for n in range(4)]
    assert rests[-1] == pytest.approx(1.05 * MAX_REST_S, abs=1.5)


def test_a_try_of_which_nothing_is_heard_does_not_block_the_next(breaker, clock):
    fail(breaker)
    clock.now += 2 * REST_S
    assert breaker.allows("slow")
    clock.now += PROBE_S
    assert breaker.allows("slow")


def test_who_asks_for_peace_gets_it_at_once(breaker, clock):
    breaker.failed("slow", retry_after_s=120)
    clock.now += 119
    assert not breaker.allows("slow")
    clock.now += 1
    assert breaker.allows("slow")


def test_a_wish_for_less_than_a_rest_is_a_rest(breaker, clock):
    breaker.failed("slow", retry_after_s=0)
    clock.now += 1
    assert not breaker.allows("slow")


def test_of_many_who_come_at_once_after_a_rest_one_tries(clock):
    breaker = Breaker(MemoryStore(), clock)
    fail(breaker)
    clock.now += 2 * REST_S
    start, allowed = threading.Barrier(8), []

    def come():
        start.wait(5)
        allowed.append(breaker.allows("slow"))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(allowed) == [False] * 7 + [True]
