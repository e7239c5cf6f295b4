"""What the guide on scaling says follows from the figures of one run."""

from __future__ import annotations

import pytest

from tests.bench import scaling
from tests.bench.scaling import Measured

ABOUT = {
    "at": "2026-11-25T19:00:00+00:00",
    "commit": "abc",
    "cpu": "A CPU",
    "kernel": "6.18",
    "python": "CPython 3.11",
}
ONE = Measured(
    kib=4.0,
    crowd=10_000,
    kernel_kib=5.0,
    joins=1_500,
    site_joins=500,
    deliveries=400_000,
    large=10_000,
    large_deliveries=200_000,
    heartbeats=100_000,
    round_trips=50_000,
    held=19_000,
)


def row(title: str) -> str:
    return next(line for line in scaling.tables(ABOUT, ONE).splitlines() if line.startswith(f"| {title}"))


def test_two_million_are_counted_from_what_one_takes() -> None:
    assert row("memory, user space").endswith("| 7.6 GiB |")
    assert row("memory, kernel").endswith("| 9.5 GiB |")
    assert row("processes").endswith("| 106 |")
    assert row("machines").endswith("| 7 |")
    assert row("cores for heartbeats").endswith("| 0.7 |")
    assert row("cores for a note").endswith("| 5.0 |")
    assert row("cores while all come back").endswith("| 6.7 |")
    assert row("one broadcast to everybody").endswith("| 94 ms |")


def test_a_report_without_the_parts_that_are_needed_is_refused() -> None:
    line = {"label": "rumbl", "phase": "fanout", "subscribers": 100, "in_flight": 1, "server_us_each": 2.0}
    with pytest.raises(ValueError, match="it needs the parts fanout and crowd"):
        scaling.measured([line])


def test_the_guide_has_a_place_for_them() -> None:
    assert len(scaling.BETWEEN.findall(scaling.GUIDE.read_text())) == 1
