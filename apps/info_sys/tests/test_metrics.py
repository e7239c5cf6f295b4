import re

import pytest

from info_sys import metrics
from info_sys.stats import BOUNDS_MS, Stats


@pytest.fixture
def stats():
    stats = Stats()
    for outcome, took_ms in [("answered", 3.0), ("answered", 40.0), ("late", 20_000.0), ("resting", None)]:
        stats.count("wikipedia", outcome, took_ms)
    stats.count("a", "resting")
    return stats


def values(text):
    """What a reader of the format understands."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_each_source_has_its_counts_and_its_times(stats):
    found = values(metrics.text(stats))
    assert found['info_sys_questions_total{source="wikipedia",outcome="answered"}'] == 2
    assert found['info_sys_questions_total{source="a",outcome="resting"}'] == 1
    seconds = 'info_sys_question_seconds_{}{{source="wikipedia"{}}}'
    assert found[seconds.format("count", "")] == 3
    assert found[seconds.format("sum", "")] == pytest.approx(20.043, rel=1e-4)
    assert found[seconds.format("bucket", ',le="0.005"')] == 1
    assert found[seconds.format("bucket", ',le="10"')] == 2
    assert found[seconds.format("bucket", ',le="+Inf"')] == 3


def test_the_text_is_openmetrics(stats):
    text = metrics.text(stats)
    assert text.endswith("\n# EOF\n")
    sample = re.compile(r'[a-z_]+\{source="[^"]*"(,(outcome|le)="[^"]*")?\} [0-9.e+]+')
    about = re.compile(r"# (TYPE|HELP|UNIT) [a-z_]+ .+|# EOF")
    assert all(about.fullmatch(line) or sample.fullmatch(line) for line in text.splitlines())
    buckets = [line for line in text.splitlines() if "_bucket{" in line and "wikipedia" in line]
    assert len(buckets) == len(BOUNDS_MS) + 1


def test_a_name_can_not_break_the_text():
    stats = Stats()
    stats.count('a"\n\\', "answered", 1.0)
    assert 'source="a\\"\\n\\\\"' in metrics.text(stats)


def test_plain_gauges_are_counts_and_quantiles(stats):
    assert metrics.measurements(stats) == {
        "info.a.resting": 1,
        "info.wikipedia.answered": 2,
        "info.wikipedia.late": 1,
        "info.wikipedia.resting": 1,
        "info.wikipedia.p50_ms": 50,
        "info.wikipedia.p95_ms": float("inf"),
    }
