"""`python -m tests.bench.scaling REPORT`: puts a run's figures, and what follows from them, into the guide.

REPORT is what `python -m tests.bench --json` wrote. Everything between the marks in docs/guides/scaling.md is
written anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import build
from tests.bench.load import Line
from tests.bench.servers import catalog, site

GUIDE = build.HERE.parents[1] / "docs" / "guides" / "scaling.md"
BETWEEN = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)

PEOPLE = 2_000_000
HEARTBEAT_S = 30  # phoenix.js asks so often
RETURN_S = 600  # in which all come back after everything was away
ROOM = 1_000
PER_PROCESS = 19_000
CORES = 16  # of one machine
KIB_PER_GIB = 1 << 20


@dataclass(frozen=True)
class Measured:
    """What one core does, and what one connection takes. Rates are per second."""

    kib: float
    """User space of an idle connection in VideoChannel, with presence."""
    crowd: int
    """In a room of so many, who share what is needed once."""
    kernel_kib: float
    """The kernel's part, one end of the two that the bench holds."""
    joins: float
    site_joins: float
    deliveries: float
    """To a room of ROOM."""
    large: int
    """Size of the largest room that was measured."""
    large_deliveries: float
    heartbeats: float
    round_trips: float
    held: int
    """Connections that one process held."""


def measured(lines: Sequence[Line]) -> Measured:
    """Medians out of the lines of a report that has the parts fanout and crowd. Raises ValueError without."""
    large = max(
        line["subscribers"] for line in lines if line["phase"] == "fanout" and line["label"] == catalog.RUMBL
    )
    crowd = [line for line in lines if not line.get("held")]
    return Measured(
        kib=_middle(crowd, "kib_per_client", label=site.NAME, phase="join"),
        crowd=int(_middle(crowd, "clients", label=site.NAME, phase="join")),
        kernel_kib=_middle(crowd, "slab_kib_per_client", label=site.NAME, phase="join") / 2,
        joins=_middle(lines, "joins_per_s", label=catalog.RUMBL, phase="join", clients=ROOM),
        site_joins=_middle(crowd, "joins_per_s", label=site.NAME, phase="join"),
        deliveries=_per_core(lines, phase="fanout", subscribers=ROOM, in_flight=1),
        large=large,
        large_deliveries=_per_core(lines, phase="fanout", subscribers=large, in_flight=1),
        heartbeats=_per_core(lines, phase="heartbeat"),
        round_trips=_per_core(lines, phase="call", clients=ROOM),
        held=max((line["joined"] for line in lines if line.get("held") and "joined" in line), default=0),
    )


def _middle(lines: Sequence[Line], key: str, **wanted: object) -> float:
    found = [line[key] for line in lines if all(line.get(name) == value for name, value in wanted.items())]
    if not found:
        raise ValueError(f"the report has no line with {wanted}: it needs the parts fanout and crowd")
    return float(median(found))


def _per_core(lines: Sequence[Line], **wanted: object) -> float:
    """What a core that does nothing else would do, from the CPU time of each."""
    return 1e6 / _middle(lines, "server_us_each", label=catalog.RUMBL, **wanted)


def tables(about: dict[str, Any], one: Measured) -> str:
    """The two tables of the guide."""
    day = about["at"][:10]
    return "\n".join(
        [
            f"Measured on {day} at commit {about['commit']}: {about['cpu']},",
            f"Linux {about['kernel']}, {about['python']}.",
            "",
            "| | measured |",
            "|---|---|",
            *(f"| {title} | {value} |" for title, value in _measured_rows(one)),
            "",
            f"For {PEOPLE:,} that follows:",
            "",
            "| | how | |",
            "|---|---|---|",
            *(f"| {title} | {how} | {value} |" for title, how, value in _rows(one)),
            "",
        ]
    )


def _measured_rows(one: Measured) -> list[tuple[str, str]]:
    return [
        (
            f"user space of an idle connection in VideoChannel with presence, one of {one.crowd:,}",
            f"{one.kib:.1f} KiB",
        ),
        ("kernel memory of a connection, one end, nothing under way", f"{one.kernel_kib:.1f} KiB"),
        ("joins a second on one core: token, upgrade, join", f"{one.joins:,.0f}"),
        ("the same in VideoChannel: with the database and presence", f"{one.site_joins:,.0f}"),
        (f"deliveries a second and core, rooms of {ROOM:,}", f"{one.deliveries:,.0f}"),
        (f"deliveries a second and core, a room of {one.large:,}", f"{one.large_deliveries:,.0f}"),
        ("heartbeats a second and core", f"{one.heartbeats:,.0f}"),
        ("channel round trips a second and core", f"{one.round_trips:,.0f}"),
        ("connections that one process held", f"{one.held:,}"),
    ]


def _rows(one: Measured) -> list[tuple[str, str, str]]:
    people = f"{PEOPLE:,}"
    processes = ceil(PEOPLE / PER_PROCESS)
    beats = PEOPLE / HEARTBEAT_S
    returns = PEOPLE / RETURN_S
    return [
        ("memory, user space", f"{people} x {one.kib:.1f} KiB", f"{_gib(one.kib)} GiB"),
        ("memory, kernel", f"{people} x {one.kernel_kib:.1f} KiB", f"{_gib(one.kernel_kib)} GiB"),
        ("processes", f"{people} / {PER_PROCESS:,}", f"{processes}"),
        (
            f"machines of {CORES} cores, a process on each",
            f"{processes} / {CORES}",
            f"{ceil(processes / CORES)}",
        ),
        (
            "cores for heartbeats",
            f"{people} / {HEARTBEAT_S} s = {beats:,.0f}/s, / {one.heartbeats:,.0f}",
            f"{beats / one.heartbeats:.1f}",
        ),
        (
            f"cores for a note a second in every room of {ROOM:,}",
            f"{people} deliveries/s / {one.deliveries:,.0f}",
            f"{PEOPLE / one.deliveries:.1f}",
        ),
        (
            f"cores while all come back within {RETURN_S // 60} minutes",
            f"{people} / {RETURN_S} s = {returns:,.0f}/s, / {one.site_joins:,.0f}",
            f"{returns / one.site_joins:.1f}",
        ),
        (
            "one broadcast to everybody",
            f"{people} / {processes} processes / {one.large_deliveries:,.0f}, a core each",
            f"{PEOPLE / processes / one.large_deliveries * 1000:.0f} ms",
        ),
    ]


def _gib(kib: float) -> str:
    return f"{PEOPLE * kib / KIB_PER_GIB:.1f}"


def main(report: Path) -> None:
    """Rewrite the guide."""
    found = json.loads(report.read_text())
    text = tables(found["machine"], measured(found["lines"]))
    GUIDE.write_text(BETWEEN.sub(lambda match: f"{match[1]}{text}{match[2]}", GUIDE.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
