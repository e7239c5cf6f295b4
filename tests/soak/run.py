"""A long run of the whole site under writers, while its parts are killed, frozen and restarted.

Two server processes, Redis and PostgreSQL, all started here; real WebSockets. At the end every note that was
written is looked for in the database and in every tab. Progress goes to standard error, a line each minute;
the report to standard output.
Exit codes: 0 all goals met, 1 one was missed (each is named), 2 wrong options, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.soak.report import Report
from tests.soak.soak import Plan, SoakError, soak


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak that the command line asks for and print the report."""
    options = _parse(argv)
    plan = Plan(
        seconds=options.minutes * 60,
        seed=options.seed,
        sockets=options.sockets,
        rate=options.rate,
        videos=options.videos,
        interval_s=options.interval,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = soak(plan, say)
    except SoakError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted, everything that it started is ended")
        return 130
    if options.log:
        options.log.write_text(report.log)
    return tell(report, options.json)


def tell(report: Report, file: Path | None) -> int:
    """Print the report, and write it. Returns the exit code."""
    print("\n".join(report.lines()))
    if file:
        file.write_text(json.dumps(report.as_json(), indent=1))
    return 0 if report.met else 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--minutes", type=_positive, default=60, help="how long notes are written (60)")
    add("--seed", type=int, default=1, help="draws the faults and who writes (1)")
    add("--sockets", type=int, default=1000, help="tabs, each of a user of its own (1000)")
    add("--rate", type=_positive, default=50, metavar="N", help="notes a second, of all tabs together (50)")
    add("--videos", type=int, default=10, help="which the tabs are spread over (10)")
    once = "one fault in each; none lasts longer than a third of it; 20 are the least to heal in (300)"
    add("--interval", type=_positive, default=300, metavar="SECONDS", help=once)
    add("--json", type=Path, metavar="FILE", help="write the report there as well")
    add("--log", type=Path, metavar="FILE", help="keep the log of the site there")
    return parser.parse_args(argv)


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def say(line: str) -> None:
    """Progress."""
    print(f"soak: {line}", file=sys.stderr, flush=True)
