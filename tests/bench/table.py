"""The report as text: machine, figures, what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.bench.figures import Figure

HEADS = ("", "rumbl", "naive", "rumbl/naive", "by CPU", "Phoenix/naive", "floor", "target", "")

LEGEND = """\
rumbl/naive: median of the ratios of the rounds (lowest to highest); the absolute figures are medians.
by CPU: how many times less CPU time rumbl takes for each delivery, answer or join; steady on a busy machine.
Phoenix/naive: what Phoenix 1.7 on cowboy reached against the same naive server, measured once on a machine of
2 shared cores. floor: an epoll loop in C that does nothing but write. -: not measured or not comparable."""


def machine_lines(machine: dict[str, Any], runs: int) -> list[str]:
    """Two lines: where, and with which versions."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return [
        f"rumbl bench, {machine['at']}, commit {machine['commit']}, medians of {runs} runs",
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['python']}",
        versions,
    ]


def figure_lines(figures: Sequence[Figure]) -> list[str]:
    """The table and the remarks under it."""
    rows = [HEADS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    table = ["  ".join(_cells(row, widths)).rstrip() for row in rows]
    return [*table, "", *LEGEND.splitlines(), *_notes(figures)]


def verdict(figures: Iterable[Figure]) -> str:
    """One line: how many targets are met, and which are not."""
    judged = [figure for figure in figures if figure.met is not None]
    failed = [figure.title for figure in judged if not figure.met]
    said = f"{len(judged) - len(failed)} of {len(judged)} targets met"
    return said + (f"; NOT met: {'; '.join(failed)}" if failed else "")


def _row(figure: Figure) -> tuple[str, ...]:
    phoenix = figure.phoenix.ratio if figure.phoenix else None
    return (
        figure.title,
        _amount(figure.value),
        _median(figure.naive),
        _ratio(figure),
        "-" if figure.cpu_ratio is None else f"{figure.cpu_ratio:.1f}x",
        "-" if phoenix is None else f"{phoenix:.1f}x",
        _median(figure.floor),
        "-" if figure.target is None else str(figure.target),
        {True: "met", False: "NOT MET", None: ""}[figure.met],
    )


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = (cell for cell in row)
    aligned = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
    return [first.ljust(widths[0]), *aligned]


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return "-"
    return f"{figure.ratio:.1f}x ({min(figure.ratios):.1f}-{max(figure.ratios):.1f})"


def _median(values: Sequence[float]) -> str:
    return _amount(Figure("", values).value) if values else "-"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _notes(figures: Sequence[Figure]) -> list[str]:
    notes = [f"- {figure.title}: {figure.note}" for figure in figures if figure.note]
    return ["", *notes] if notes else []
