"""A soak of some seconds, with every part of a long one: a real site, writers, a fault, the judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rumbl_web.phoenix import testing_redis
from tests.soak import run
from tests.soak.judge import Goal
from tests.soak.report import Report, facts
from tests.soak.soak import Plan, soak
from tests.soak.tally import Tally

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)

SECONDS = 4
KILLS_A_WORKER = 3
"""The seed whose first fault that is."""
PLAN = Plan(SECONDS, KILLS_A_WORKER, sockets=30, rate=25, videos=2, interval_s=SECONDS)


@pytest.fixture(scope="module")
def report() -> Report:
    assert [kind for _, kind in PLAN.schedule] == ["worker killed (R8)"]
    return soak(PLAN, lambda _line: None)


def test_a_short_soak_with_a_fault_is_green(report: Report, tmp_path: Path) -> None:
    assert [str(goal) for goal in report.goals if not goal.met] == []

    assert run.tell(report, tmp_path / "report.json") == 0
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["met"]
    assert [fault["kind"] for fault in told["faults"]] == ["worker killed (R8)"]


def test_it_has_lived_through_what_it_says(report: Report) -> None:
    [fault] = report.faults
    assert report.injected == {"a worker was killed": 1}
    assert fault.whole >= fault.ended
    cut, back = report.tally.counts["closed None"], len(report.tally.returns)
    assert cut == back == facts(fault, report.tally)["cut"], "who was cut came back"
    assert report.tally.counts["deliveries"] > SECONDS * PLAN.rate, "a note goes to many"


def test_a_missed_goal_is_named_and_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    goals = [Goal("notes lost", 0), Goal("pages answered with 500", 1)]
    missed = Report({}, goals, [], [], Tally(), Tally().counts, Tally().counts, {})

    assert run.tell(missed, None) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "MISSED: pages answered with 500"
