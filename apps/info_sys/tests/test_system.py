"""The book's four tests of InfoSys, and what compute does with backends that misbehave."""

import itertools
import math
import threading
import time

import pytest

from info_sys import Backend, Result, cache, compute, inquiry, system
from info_sys.cache import fetch, put
from info_sys.otp import whereis
from info_sys.otp.task import Ok
from info_sys.testing import eventually

pytestmark = pytest.mark.usefixtures("app")


class TestBackend(Backend):
    __test__ = False
    name = "Wolfram"
    title = "Test"

    def __init__(self):
        self.asked = []
        self.gate = threading.Event()

    def compute(self, query, opts):
        self.asked.append(query)
        match query:
            case "result":
                return [Result(backend=self, text="result")]
            case "none":
                return []
            case "timeout":
                self.gate.wait()
                return [Result(100, "too late", self)]
            case "boom":
                raise RuntimeError("boom!")


class Fixed(Backend):
    """Answers what it was made with; a function is called."""

    title = "Fixed"

    def __init__(self, name, *answer):
        self.name, self.answer, self.asked = name, answer, 0

    def compute(self, query, opts):
        self.asked += 1
        if callable(self.answer[0]):
            return self.answer[0]()
        return [Result(score, text, self) for score, text in self.answer]


@pytest.fixture
def backend():
    backend = TestBackend()
    yield backend
    backend.gate.set()


def texts(results):
    return [result.text for result in results]


# The four tests of the book.


def test_compute_with_backend_results(backend):
    assert compute("result", backends=[backend]) == [Result(backend=backend, text="result")]


def test_compute_with_no_backend_results(backend):
    assert compute("none", backends=[backend]) == []


def test_compute_with_timeout_returns_no_results(backend):
    assert compute("timeout", backends=[backend], timeout_ms=10) == []


def test_compute_discards_backend_errors(backend, caplog):
    assert compute("boom", backends=[backend]) == []
    assert "backend Wolfram failed: RuntimeError: boom!" in caplog.text


class TestRanking:
    def test_puts_the_best_score_first_and_equal_ones_in_the_order_of_the_backends(self):
        backends = [Fixed("a", (1, "a1"), (9, "a9")), Fixed("b", (9, "b9"), (5, "b5"))]
        assert texts(compute("q", backends=backends)) == ["a9", "b9", "b5", "a1"]

    def test_applies_the_limit_after_merging(self):
        backends = [Fixed("a", (1, "a1"), (2, "a2")), Fixed("b", (9, "b9"))]
        assert texts(compute("q", limit=2, backends=backends)) == ["b9", "a2"]
        assert compute("q", limit=0, backends=backends) == []

    def test_is_the_same_whether_answers_are_fresh_or_cached(self):
        first, second = Fixed("a", (5, "a"), (5, "a again")), Fixed("b", (5, "b"))
        compute("q", backends=[second])
        mixed = compute("q", backends=[first, second])
        assert texts(mixed) == ["a", "a again", "b"]
        assert compute("q", backends=[first, second]) == mixed
        assert (first.asked, second.asked) == (1, 1)

    def test_prefers_wolfram_where_both_know(self, app):
        assert [result.backend.name for result in compute("1 + 1")] == ["wolfram", "calculator"]
        assert compute("1 + 1", limit=1)[0].backend.name == "wolfram"


class TestCaching:
    def test_keeps_the_whole_list(self):
        backend = Fixed("many", (3, "x"), (2, "y"), (1, "z"))
        assert compute("q", backends=[backend]) == compute("q", backends=[backend])
        assert texts(compute("q", backends=[backend])) == ["x", "y", "z"]
        assert backend.asked == 1

    def test_keeps_that_there_is_no_answer(self, backend):
        compute("none", backends=[backend])
        compute("none", backends=[backend])
        assert backend.asked == ["none"]

    def test_does_not_keep_a_failure(self, backend):
        compute("boom", backends=[backend])
        compute("boom", backends=[backend])
        assert backend.asked == ["boom", "boom"]

    def test_has_entries_of_their_own_for_each_limit_and_spelling_of_a_name(self):
        lower, upper = Fixed("wolfram", (1, "lower")), Fixed("Wolfram", (1, "upper"))
        for limit in (1, 2):
            assert texts(compute("q", limit=limit, backends=[lower, upper])) == ["lower", "upper"][:limit]
        assert lower.asked == 2

    def test_never_takes_a_late_result(self, backend):
        assert compute("timeout", backends=[backend], timeout_ms=10) == []
        backend.gate.set()
        eventually(lambda: whereis(system.TASK_SUPERVISOR).children() == [])
        assert fetch(("Wolfram", "timeout", 10)) is None

    def test_can_use_another_cache(self):
        cache.Cache("mine").start()
        put(("a", "q", 10), (Result(1, "from mine"),), "mine")
        assert texts(compute("q", backends=[Fixed("a", (1, "asked"))], cache="mine")) == ["from mine"]
        whereis("mine").stop()

    def test_may_be_down_while_answers_still_come(self, app):
        app.supervisor.terminate_child(cache.NAME)
        backend = Fixed("a", (1, "x"))
        for _ in range(2):
            assert texts(compute("q", backends=[backend])) == ["x"]
        assert backend.asked == 2


class TestBadBackends:
    @pytest.mark.parametrize(
        "misbehave",
        [
            lambda: None,
            lambda: 42,
            lambda: ["text"],
            lambda: [Result(math.nan, "x")],
            lambda: [Result(1, 7)],
            lambda: (1 / 0 for _ in range(2)),
            lambda: exec("raise SystemExit(3)"),
            lambda: (_ for _ in ()).throw(RecursionError()),
        ],
    )
    def test_cost_only_their_own_answer(self, misbehave):
        backends = [Fixed("bad", misbehave), Fixed("good", (1, "good"))]
        assert texts(compute("q", backends=backends)) == ["good"]

    def test_that_answer_without_end_are_cut_off(self):
        backends = [Fixed("endless", lambda: (Result(1, str(n)) for n in itertools.count()))]
        assert len(compute("q", limit=1000, backends=backends)) == inquiry.MAX_RESULTS

    def test_that_answer_with_a_novel_are_cut_off(self):
        (result,) = compute("q", backends=[Fixed("wordy", (1, "x" * 20_000))])
        assert len(result.text) == inquiry.MAX_TEXT
        assert result.text.endswith("x…")

    def test_that_fail_at_matching_are_not_asked(self, caplog):
        backend = Fixed("picky", (1, "x"))
        backend.matches = lambda query: 1 / 0
        assert texts(compute("q", backends=[backend, Fixed("good", (1, "good"))])) == ["good"]
        assert backend.asked == 0
        assert "backend picky failed: ZeroDivisionError" in caplog.text

    def test_that_hang_hold_nobody_beyond_the_one_deadline(self, caplog):
        slow = [TestBackend() for _ in range(3)]
        for number, backend in enumerate(slow):
            backend.name = f"slow {number}"
        begin = time.monotonic()
        results = compute("timeout", timeout_ms=100, backends=[*slow, Fixed("good", (1, "good"))])
        took = time.monotonic() - begin
        for backend in slow:
            backend.gate.set()
        assert texts(results) == ["good"]
        assert 0.1 <= took < 0.3
        assert caplog.text.count("gave no answer in") == 3

    def test_that_never_come_back_are_at_some_time_refused_and_others_are_still_asked(self, backend, app):
        supervisor = whereis(system.TASK_SUPERVISOR)
        supervisor._max_children = 2
        for number in range(3):
            backend.name = f"stuck {number}"
            assert compute("timeout", timeout_ms=5, backends=[backend]) == []
        assert len(backend.asked) == 2
        backend.gate.set()
        eventually(lambda: supervisor.children() == [])
        assert texts(compute("q", backends=[Fixed("good", (1, "good"))])) == ["good"]


class TestEqualQuestionsAtOnce:
    def test_share_one_request(self):
        gate, results = threading.Event(), []
        backend = Fixed("shared", lambda: gate.wait(5) and [Result(1, "x")])
        askers = [
            threading.Thread(target=lambda: results.append(compute("q", backends=[backend])))
            for _ in range(5)
        ]
        for asker in askers:
            asker.start()
        eventually(lambda: [flight.waiting for flight in inquiry._flights._flying.values()] == [5])
        gate.set()
        for asker in askers:
            asker.join(5)
        assert backend.asked == 1
        assert results == [[Result(1, "x")]] * 5
        assert len(inquiry._flights) == 0

    def test_are_not_given_up_by_one_impatient_asker(self):
        gate, patient = threading.Event(), []
        backend = Fixed("shared", lambda: gate.wait(5) and [Result(1, "x")])
        asker = threading.Thread(target=lambda: patient.append(compute("q", backends=[backend])))
        asker.start()
        eventually(lambda: backend.asked)
        assert compute("q", backends=[backend], timeout_ms=5) == []
        gate.set()
        asker.join(5)
        assert texts(patient[0]) == ["x"]
        assert fetch(("shared", "q", 10)) == Ok((Result(1, "x"),))


def test_without_a_running_application_there_is_no_answer_but_a_clear_line(app, caplog):
    app.stop()
    assert compute("1 + 1") == []
    assert "'InfoSys.TaskSupervisor' is down" in caplog.text


def test_a_backend_is_told_what_the_asker_allows():
    seen = []

    class Curious(Fixed):
        def compute(self, query, opts):
            seen.append((opts.limit, opts.timeout_ms, 0 < opts.remaining_s <= 3))
            return []

    compute("q", limit=4, timeout_ms=3000, backends=[Curious("c", ())])
    assert seen == [(4, 3000, True)]
