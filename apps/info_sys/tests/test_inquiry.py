"""What becomes of a question to each source: outcomes, streams, bangs, breakers, and time."""

import threading
import time

import pytest

from info_sys import Backend, Result, asks, compute
from info_sys.breaker import FAILURES
from info_sys.otp import whereis
from info_sys.system import TASK_SUPERVISOR, ask, defaults, stream
from info_sys.testing import eventually

pytestmark = pytest.mark.usefixtures("app")


class Source(Backend):
    """Answers with its name as soon as its gate opens."""

    def __init__(self, name, *, opened=True, **says):
        self.name = self.title = name
        self.asked, self.gate, self.error = [], threading.Event(), None
        if opened:
            self.gate.set()
        vars(self).update(says)

    def compute(self, query, opts):
        self.asked.append(query)
        self.gate.wait(10)
        if self.error:
            raise self.error
        return [Result(50, f"{self.name}: {query}", self)]


def states(outcomes):
    return {outcome.backend.name: outcome.state for outcome in outcomes}


def test_every_source_has_an_outcome():
    good, bad, slow, picky = Source("good"), Source("bad"), Source("slow", opened=False), Source("picky")
    bad.error, picky.matches = ValueError("broken"), lambda query: False
    empty = Source("empty", compute=lambda query, opts: [])
    answer = ask("q", timeout_ms=100, backends=[slow, good, bad, picky, empty])
    slow.gate.set()
    assert [result.text for result in answer.results] == ["good: q"]
    assert [outcome.backend.name for outcome in answer.outcomes] == ["slow", "good", "bad", "picky", "empty"]
    assert states(answer.outcomes) == {
        "slow": "late", "good": "answered", "bad": "failed", "picky": "not asked", "empty": "nothing",
    }  # fmt: skip
    took_ms = {outcome.backend.name: outcome.took_ms for outcome in answer.outcomes}
    assert took_ms["picky"] is None
    assert took_ms["slow"] >= 100


def test_what_was_known_before_is_told_from_what_was_asked():
    source = Source("good")
    compute("q", backends=[source])
    assert states(ask("q", backends=[source]).outcomes) == {"good": "cached"}


def test_a_stream_gives_each_outcome_as_it_comes():
    slow, good = Source("slow", opened=False), Source("good")
    outcomes = stream("q", backends=[slow, good])
    assert next(outcomes).backend is good
    slow.gate.set()
    assert next(outcomes).backend is slow
    assert next(outcomes, None) is None


def test_a_stream_that_is_closed_gives_up_on_the_rest():
    slow, good = Source("slow", opened=False), Source("good")
    outcomes = stream("q", backends=[slow, good])
    next(outcomes)
    outcomes.close()
    slow.gate.set()
    eventually(lambda: whereis(TASK_SUPERVISOR).children() == [])
    assert states(ask("q", backends=[slow]).outcomes) == {"slow": "answered"}, "the late answer was not kept"


def test_it_is_over_as_soon_as_all_have_answered():
    begin = time.monotonic()
    ask("q", timeout_ms=10_000, backends=[Source(f"s{n}") for n in range(8)])
    assert time.monotonic() - begin < 2


def test_a_source_gets_no_more_of_the_time_than_it_wants():
    hasty, good = Source("hasty", opened=False, timeout_ms=50), Source("good")
    answer = ask("q", timeout_ms=10_000, backends=[hasty, good])
    hasty.gate.set()
    assert states(answer.outcomes) == {"hasty": "late", "good": "answered"}


def test_a_weight_moves_the_scores_of_a_source():
    light, heavy = Source("light", weight=0.5), Source("heavy", weight=1.5)
    assert [(r.backend.name, r.score) for r in compute("q", backends=[light, heavy])] == [
        ("heavy", 75),
        ("light", 25),
    ]


def test_a_bang_asks_one_source_whatever_the_words():
    picky, other = Source("picky", bangs=("p",)), Source("other")
    picky.matches = lambda query: False
    for bang in ("picky", "P"):
        answer = ask(f"!{bang} some words", backends=[picky, other])
        assert [result.text for result in answer.results] == ["picky: some words"]
    assert other.asked == []


def test_it_is_known_beforehand_whether_anybody_would_be_asked():
    picky = Source("picky")
    picky.matches = lambda query: query == "mine"
    assert asks("mine", [picky])
    assert asks("!picky whatever", [picky])
    assert not asks("nice goal!", [picky])
    assert picky.asked == []


@pytest.mark.parametrize("typed", ["!unknown words", "!picky", "!"])
def test_a_bang_that_names_nobody_or_asks_nothing_is_plain_text(typed):
    source = Source("picky")
    compute(typed, backends=[source])
    assert source.asked == [typed]


def test_a_source_that_fails_five_times_is_left_in_peace_and_the_others_answer():
    bad, good = Source("bad"), Source("good")
    bad.error = ValueError("broken")
    for number in range(FAILURES):
        compute(f"q{number}", backends=[bad, good])
    answer = ask("one more", backends=[bad, good])
    assert states(answer.outcomes) == {"bad": "resting", "good": "answered"}
    assert len(bad.asked) == FAILURES
    assert defaults().health.stats.samples()["bad"].outcomes == {"failed": FAILURES, "resting": 1}


def test_one_that_is_late_five_times_too():
    slow = Source("slow", opened=False)
    for number in range(FAILURES + 1):
        answer = ask(f"q{number}", timeout_ms=5, backends=[slow])
    slow.gate.set()
    assert states(answer.outcomes) == {"slow": "resting"}


def test_a_question_asked_by_many_at_once_fails_once():
    bad = Source("bad", opened=False)
    bad.error = ValueError("broken")
    askers = [threading.Thread(target=compute, args=("q",), kwargs={"backends": [bad]}) for _ in range(8)]
    for asker in askers:
        asker.start()
    eventually(lambda: bad.asked)
    bad.gate.set()
    for asker in askers:
        asker.join(5)
    assert defaults().health.stats.samples()["bad"].outcomes["failed"] == len(bad.asked)


def test_a_source_is_not_asked_more_often_than_it_allows():
    rare = Source("rare", per_minute=6.0)
    assert [states(ask(f"q{n}", backends=[rare]).outcomes)["rare"] for n in range(3)] == [
        "answered",
        "busy",
        "busy",
    ]


def test_questions_under_way_come_back_when_the_application_stops(app):
    slow, answers = Source("slow", opened=False), []
    asker = threading.Thread(target=lambda: answers.append(ask("q", backends=[slow])))
    asker.start()
    eventually(lambda: slow.asked)
    app.stop()
    asker.join(2)
    slow.gate.set()
    assert [states(answer.outcomes) for answer in answers] == [{"slow": "failed"}]


def test_what_an_equal_question_brought_a_moment_ago_is_not_asked_again():
    source = Source("good")

    def matches(query):
        vars(source).pop("matches", None)
        compute(query, backends=[source])  # between the look into the cache and the request
        return True

    source.matches = matches
    assert states(ask("q", backends=[source]).outcomes) == {"good": "cached"}
    assert source.asked == ["q"]
