"""The counts of all sources, for a metrics reader: the text of OpenMetrics, or plain gauges by name.

text(stats)          what Prometheus and its kin read
measurements(stats)  {"info.calculator.answered": 3, ...}, to be shown beside other gauges
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from info_sys.stats import BOUNDS_MS, Sample, Stats

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_COUNTS: Final = "info_sys_questions"
_TIMES: Final = "info_sys_question_seconds"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def text(stats: Stats) -> str:
    """All counts as OpenMetrics 1.0: a counter per source and outcome, a histogram of times per source."""
    return "\n".join(_lines(stats.samples())) + "\n"


def measurements(stats: Stats) -> dict[str, float]:
    """Counts by `info.<source>.<outcome>`, and the ms within which half and 95 % of those asked ended."""
    found: dict[str, float] = {}
    for name, sample in sorted(stats.samples().items()):
        found |= {f"info.{name}.{outcome}": count for outcome, count in sorted(sample.outcomes.items())}
        for percent in (50, 95):
            within_ms = sample.quantile_ms(percent / 100)
            if within_ms is not None:
                found[f"info.{name}.p{percent}_ms"] = within_ms
    return found


def _lines(samples: dict[str, Sample]) -> Iterator[str]:
    yield f"# TYPE {_COUNTS} counter"
    yield f"# HELP {_COUNTS} Questions to each source, by what became of them."
    for name, sample in sorted(samples.items()):
        for outcome, count in sorted(sample.outcomes.items()):
            yield f'{_COUNTS}_total{{source="{_escaped(name)}",outcome="{_escaped(outcome)}"}} {count}'
    yield f"# TYPE {_TIMES} histogram"
    yield f"# UNIT {_TIMES} seconds"
    yield f"# HELP {_TIMES} How long the sources that were asked took."
    for name, sample in sorted(samples.items()):
        yield from _histogram(f'source="{_escaped(name)}"', sample)
    yield "# EOF"


def _histogram(label: str, sample: Sample) -> Iterator[str]:
    bounds = [*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf"]
    for bound, count in zip(bounds, accumulate(sample.times), strict=True):
        yield f'{_TIMES}_bucket{{{label},le="{bound}"}} {count}'
    yield f"{_TIMES}_count{{{label}}} {sum(sample.times)}"
    yield f"{_TIMES}_sum{{{label}}} {sample.sum_ms / 1000:g}"


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES)
