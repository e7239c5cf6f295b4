"""The figures that need no load: otp processes and the cache of info_sys, each in its own interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

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


def cache(_core: int, _folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """A cached answer of info_sys.compute against one over loopback HTTP."""
    found = _runs("info_cache", plan, say)
    figures = [
        Figure("cached info_sys.compute, us", _each(found, "cached_us")),
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
