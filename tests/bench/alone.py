"""The figures that need no load: otp processes and the information system, each in its own interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from info_sys import testing_redis
from tests.bench import build
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.rounds import Say

DEADLINE_S = 120


class AloneError(Exception):
    """A measurement failed; the message ends with what it printed."""


def processes(_core: int, _folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """100,000 idle otp processes in one interpreter: seconds to start them, and bytes each."""
    found = _runs("otp_processes", plan, say)
    figures = [
        Figure(
            "seconds to start 100,000 idle otp processes", _each(found, "seconds"), target=Target(5, False)
        ),
        Figure("bytes per idle otp process", _each(found, "bytes_each")),
    ]
    return figures, []


def info(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """The information system: from its cache, to many sources at once, and through workers."""
    figures = [*cache(core, folder, plan, say)[0], *_questions(_runs("info_questions", plan, say))]
    if testing_redis.binary() is None:
        say(testing_redis.MISSING)
        return figures, []
    return figures + _through_workers(_runs("info_workers", plan, say)), []


def _through_workers(found: list[dict[str, Any]]) -> list[Figure]:
    figures = []
    for backend, what in (("calculator", "sums"), ("slow", f"questions of {found[0]['source_ms']} ms")):
        one, two = _each(found, f"{backend}_1"), _each(found, f"{backend}_2")
        more = median(b / a for a, b in zip(one, two, strict=True))
        figures += [
            Figure(f"{what}/s through Celery, one worker process", one),
            Figure(
                f"{what}/s through Celery, two worker processes", two, note=f"{more:.2f} times those of one"
            ),
        ]
    return figures


def _questions(found: list[dict[str, Any]]) -> list[Figure]:
    return [
        Figure(
            "cold question to 8 sources of 10 to 80 ms, beyond the slowest, ms",
            _each(found, "cold_over_slowest_ms"),
            target=Target(20, False),
        ),
        Figure(
            "requests per source of 1,000 equal questions at once",
            _each(found, "requests_each"),
            target=Target(1, False),
        ),
        Figure("question to a source that rests, ms", _each(found, "dead_ms"), target=Target(1, False)),
    ]


def cache(_core: int, _folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """A cached answer of info_sys.compute against one over loopback HTTP."""
    found = _runs("info_cache", plan, say)
    figures = [
        Figure("cached info_sys.compute, us", _each(found, "cached_us"), target=Target(20, False)),
        Figure(
            "times faster than uncached over loopback HTTP",
            _each(found, "ratio"),
            target=Target(1_000),
            note=f"the service answers at once; of one that takes {found[0]['service_ms']} ms it is "
            f"{median(_each(found, 'ratio_with_service')):,.0f} times",
        ),
    ]
    return figures, []


def _each(found: list[dict[str, Any]], key: str) -> list[float]:
    return [float(result[key]) for result in found]


def _runs(name: str, plan: Plan, say: Say) -> list[dict[str, Any]]:
    results = []
    for run in range(1, plan.runs + 1):
        say(f"{name}, run {run} of {plan.runs}")
        results.append(_run(name))
    return results


def _run(name: str) -> dict[str, Any]:
    """The last line that the module prints, which is one JSON object."""
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    try:
        done = subprocess.run(
            command,
            cwd=build.HERE.parents[1],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AloneError(f"{name} did not end within {DEADLINE_S} s") from error
    if done.returncode:
        raise AloneError(f"{name} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
