import pytest

from info_sys.stats import BOUNDS_MS, Stats


@pytest.fixture
def stats():
    return Stats()


def test_outcomes_are_counted_for_each_source(stats):
    for name, outcome in [("a", "answered"), ("a", "answered"), ("a", "late"), ("b", "nothing")]:
        stats.count(name, outcome, 3.0)
    assert stats.samples()["a"].outcomes == {"answered": 2, "late": 1}
    assert stats.samples()["b"].outcomes == {"nothing": 1}


def test_times_are_known_by_the_bound_above_them(stats):
    for took_ms in [1, 3, 3, 3, 40, 70, 150, 400, 900, 20_000]:
        stats.count("a", "answered", took_ms)
    sample = stats.samples()["a"]
    assert sum(sample.times) == 10
    assert sample.sum_ms == 21_570
    assert (sample.quantile_ms(0.1), sample.quantile_ms(0.5), sample.quantile_ms(0.9)) == (1, 50, 1_000)
    assert sample.quantile_ms(1.0) == float("inf")
    assert len(sample.times) == len(BOUNDS_MS) + 1


def test_who_was_not_asked_took_no_time(stats):
    stats.count("a", "resting")
    assert stats.samples()["a"].quantile_ms(0.5) is None
