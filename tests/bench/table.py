"""The report as text: machine, figures, what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from tests.bench.figures import Figure

HEADS = ("", "rumbl", "target", "", "rumbl/naive", "Phoenix/naive", "by CPU", "of floor")

LEGEND = """\
rumbl: the median of the runs. target: what is promised, of rumbl's figure, or with an x of rumbl/naive.
rumbl/naive: median of the ratios of the rounds (lowest to highest).
Phoenix/naive: what Phoenix 1.7 on cowboy reached against the same naive server, measured once on a machine of
2 shared cores. by CPU: how many times less CPU time than the naive server rumbl takes for each delivery,
answer or join; steady on a busy machine. of floor: share of what an epoll loop in C reaches that does nothing
but write. -: not measured or not comparable."""


def machine_lines(machine: dict[str, Any], runs: int) -> list[str]:
    """Three lines: where, and with which versions."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return [
        f"rumbl bench, {machine['at']}, commit {machine['commit']}, medians of {runs} runs",
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['python']}",
        versions,
    ]


def figure_lines(figures: Sequence[Figure]) -> list[str]:
    """The table of figures, the table of the peers, and the remarks; nothing for no figures."""
    if not figures:
        return []
    ours = _table([HEADS, *(_row(figure) for figure in figures)])
    return [*ours, "", *LEGEND.splitlines(), *_peer_lines(figures), *_notes(figures)]


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
        "-" if figure.target is None else str(figure.target),
        {True: "met", False: "NOT MET", None: ""}[figure.met],
        _ratio(figure),
        _times(phoenix),
        _times(figure.cpu_ratio),
        "-" if figure.floor_share is None else f"{figure.floor_share:.0%}",
    )


def _peer_lines(figures: Sequence[Figure]) -> list[str]:
    """What every server reached in the same rounds, where there were peers."""
    compared = [figure for figure in figures if figure.naive or any(figure.others.values())]
    if not compared:
        return []
    names = list(dict.fromkeys(name for figure in compared for name in figure.others))
    rows = [("In the same rounds", "rumbl", "naive", *names)]
    for figure in compared:
        values = [figure.ours, figure.naive, *(figure.others.get(name, ()) for name in names)]
        rows.append((figure.title, *map(_median, values)))
    return ["", *_table(rows)]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(_cells(row, widths)).rstrip() for row in rows]


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = (cell for cell in row)
    aligned = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
    return [first.ljust(widths[0]), *aligned]


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return "-"
    return f"{figure.ratio:.1f}x ({min(figure.ratios):.1f}-{max(figure.ratios):.1f})"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.1f}x"


def _median(values: Sequence[float]) -> str:
    return _amount(median(values)) if values else "-"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _notes(figures: Sequence[Figure]) -> list[str]:
    notes = [f"- {figure.title}: {figure.note}" for figure in figures if figure.note]
    return ["", *notes] if notes else []
