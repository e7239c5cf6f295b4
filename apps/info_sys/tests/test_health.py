import pytest

from info_sys import Backend
from info_sys.breaker import FAILURES
from info_sys.health import Health
from info_sys.http_client import HttpFailed


class Source(Backend):
    name = title = "source"
    per_minute = 6.0


@pytest.fixture
def health():
    return Health(clock=lambda: 1000.0)


def test_a_source_that_fails_rests(health):
    for _ in range(FAILURES):
        health.failed(Source(), "failed", 5.0, ValueError())
    assert health.refusal(Source()) == "resting"
    assert health.phase("source") == "open"


def test_one_that_answers_does_not(health):
    for outcome in ("answered", "nothing") * FAILURES:
        health.succeeded(Source(), outcome, 5.0)
    assert health.refusal(Source()) is None


def test_one_that_says_it_is_asked_too_often_rests_at_once(health):
    health.failed(Source(), "failed", 5.0, HttpFailed("status 429", 429, retry_after_s=60))
    assert health.refusal(Source()) == "resting"


def test_no_source_is_asked_more_often_than_it_allows(health):
    assert [health.refusal(Source()) for _ in range(3)] == [None, "busy", "busy"]


def test_everything_is_counted(health):
    health.succeeded(Source(), "answered", 5.0)
    health.failed(Source(), "late", 5.0)
    health.refusal(Source())
    health.refusal(Source())
    assert health.stats.samples()["source"].outcomes == {"answered": 1, "late": 1, "busy": 1}
