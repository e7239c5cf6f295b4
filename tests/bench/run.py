"""`make bench`: rumbl next to its peers on this machine, as a table of figures and ratios.

Progress goes to standard error, the report to standard output. Exit codes: 0 measured (targets met or not),
1 could not measure everything, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

from tests.bench import (
    alone,
    busy,
    crowd,
    fanout,
    half_sent,
    machine,
    pages,
    refusals,
    stalled,
    table,
    workers,
)
from tests.bench.build import BuildError
from tests.bench.figures import Figure
from tests.bench.load import Line, LoadError
from tests.bench.plan import FULL, QUICK, Plan
from tests.bench.servers.process import ServerError

PARTS = {
    "fanout": fanout.measure,
    "stalled": stalled.measure,
    "crowd": crowd.measure,
    "storm": crowd.storm,
    "busy": busy.measure,
    "halfsent": half_sent.measure,
    "refusals": refusals.measure,
    "pages": pages.measure,
    "workers": workers.measure,
    "processes": alone.processes,
    "info": alone.info,
}
BUSY = 0.3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for and print the report."""
    options = _parse(argv)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        return _run(options)
    except BuildError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted, everything that it started is ended", file=sys.stderr)
        return 130


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="3 short runs, smaller crowds")
    size.add_argument("--full", action="store_true", help="5 runs of everything (the default)")
    parser.add_argument("--runs", type=int, metavar="N", help="rounds for each figure")
    parser.add_argument("--only", choices=PARTS, action="append", metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--threads", action="store_true", help="the naive peer under threads, not gevent")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write figures and every line of the driver there"
    )
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> int:
    plan = QUICK if options.quick else FULL
    plan = replace(plan, runs=options.runs or plan.runs, threads=options.threads)
    about = machine.describe()
    if machine.busy_share() > BUSY:
        say("this machine is busy with other things: the figures will be too low, the ratios less so")
    with tempfile.TemporaryDirectory(prefix="rumbl-bench-") as folder:
        found, lines, failed = _measure(plan, options.only or list(PARTS), Path(folder))
    report = [
        *table.machine_lines(about, plan.runs),
        "",
        *table.figure_lines(found),
        "",
        table.verdict(found),
        *(f"NOT MEASURED: {error}" for error in failed),
    ]
    print("\n".join(report))
    if options.json:
        options.json.write_text(json.dumps(_as_json(about, found, lines), indent=1))
    return 1 if failed else 0


def _measure(plan: Plan, parts: Sequence[str], folder: Path) -> tuple[list[Figure], list[Line], list[str]]:
    """Figures, lines, and what went wrong: a part that can't be measured keeps no other from it."""
    found: list[Figure] = []
    lines: list[Line] = []
    failed: list[str] = []
    begin = time.monotonic()
    for number, name in enumerate(parts, 1):
        say(f"part {number} of {len(parts)}: {name}, {(time.monotonic() - begin) / 60:.0f} minutes so far")
        try:
            figures, more = PARTS[name](machine.cores()[0], folder, plan, say)
        except (LoadError, ServerError, alone.AloneError) as error:
            say(f"{name} failed: {error}")
            failed.append(f"{name}, {error}")
            continue
        found += figures
        lines += more
    return found, lines, failed


def _as_json(about: dict[str, Any], found: Sequence[Figure], lines: Sequence[Line]) -> dict[str, Any]:
    figures = [
        {
            **asdict(figure),
            "value": figure.value,
            "ratio": figure.ratio,
            "floor_share": figure.floor_share,
            "cpu_ratio": figure.cpu_ratio,
            "met": figure.met,
        }
        for figure in found
    ]
    return {"machine": about, "figures": figures, "lines": list(lines)}


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def say(line: str) -> None:
    """Progress, on standard error."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
