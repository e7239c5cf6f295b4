"""What processes share; the contract of breakers, budgets and answers is the same with Redis and without."""

import time

import pytest

from info_sys import Backend, Result, ask, cache, shared
from info_sys.breaker import FAILURES, REST_S, Breaker, MemoryStore
from info_sys.budget import MemoryBudget
from info_sys.shared import Shared
from info_sys.system import defaults, set_defaults
from info_sys.testing import eventually


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "redis", "redis that is away"])
def store(request, clock):
    if request.param == "memory":
        return MemoryStore()
    if request.param == "redis":
        return Shared(request.getfixturevalue("redis_server").url, clock)
    return Shared("redis://127.0.0.1:1/0", clock)


@pytest.fixture(params=["memory", "redis", "redis that is away"])
def budget(request, clock):
    if request.param == "memory":
        return MemoryBudget(clock)
    if request.param == "redis":
        return Shared(request.getfixturevalue("redis_server").url, clock)
    return Shared("redis://127.0.0.1:1/0", clock)


class TestBreakers:
    def test_a_source_that_fails_rests_and_one_question_tries_it_afterwards(self, store, clock):
        breaker = Breaker(store, clock, dice=lambda: 0.0)
        assert breaker.allows("slow")
        for _ in range(FAILURES):
            breaker.failed("slow")
        assert not breaker.allows("slow")
        assert breaker.allows("another")
        clock.now += REST_S
        assert [breaker.allows("slow") for _ in range(3)] == [True, False, False]
        breaker.succeeded("slow")
        assert breaker.allows("slow")

    def test_what_one_process_finds_out_the_others_know_soon(self, redis_server, clock, monkeypatch):
        monkeypatch.setattr(shared, "FRESH_S", 0.05)
        here, there = (Breaker(Shared(redis_server.url, clock), clock) for _ in range(2))
        assert there.allows("slow")
        for _ in range(FAILURES):
            here.failed("slow")
        eventually(lambda: not there.allows("slow"))

    def test_of_several_processes_one_tries_it(self, redis_server, clock):
        breakers = [Breaker(Shared(redis_server.url, clock), clock, dice=lambda: 0.0) for _ in range(4)]
        for _ in range(FAILURES):
            breakers[0].failed("slow")
        clock.now += REST_S
        assert sorted(breaker.allows("slow") for breaker in breakers) == [False, False, False, True]

    def test_a_source_that_rests_costs_next_to_nothing(self, redis_server, clock):
        breaker = Breaker(Shared(redis_server.url, clock), clock)
        for _ in range(FAILURES):
            breaker.failed("slow")
        begin = time.perf_counter()
        assert not any(breaker.allows("slow") for _ in range(1000))
        assert time.perf_counter() - begin < 1


class TestBudgets:
    def test_no_more_is_taken_than_a_minute_allows(self, budget):
        assert [budget.take("rare", 6) for _ in range(3)] == [True, False, False]
        assert budget.take("other", 6)

    def test_all_processes_together_have_one(self, redis_server, clock):
        budgets = [Shared(redis_server.url, clock) for _ in range(4)]
        taken = 0
        for _ in range(30):
            taken += sum(budget.take("rare", 10) for budget in budgets)
            clock.now += 1.9
        assert taken <= 2 * 10, "a budget of 10 a minute, over at most two calendar minutes"


class Source(Backend):
    name = title = "source"

    def __init__(self):
        self.asked = 0

    def compute(self, query, opts):
        self.asked += 1
        return [Result(7, "found", self, "https://example.com/")]


class TestAnswers:
    def test_what_another_process_found_is_not_asked_again(self, redis_server, app):
        here, there = Source(), Source()
        before = defaults()
        set_defaults(before._replace(shared=Shared(redis_server.url)))
        ask("q", backends=[here])
        cache._tables[cache.NAME].clear()  # as in another process
        answer = ask("q", backends=[there])
        set_defaults(before)
        assert (here.asked, there.asked) == (1, 0)
        assert answer.results == [Result(7, "found", there, "https://example.com/")]
        assert answer.outcomes[0].state == "cached"

    def test_that_there_is_none_is_known_too(self, redis_server):
        store, source = Shared(redis_server.url), Source()
        store.put(("source", "q", 10), ())
        assert store.fetch([(source, ("source", "q", 10)), (source, ("source", "p", 10))]) == [(), None]

    def test_without_redis_nothing_is_known_and_nobody_waits(self, caplog):
        store = Shared("redis://127.0.0.1:1/0")
        store.put(("source", "q", 10), ())
        assert store.fetch([(Source(), ("source", "q", 10))]) == [None]
        assert caplog.text.count("Redis does not answer") == 1
