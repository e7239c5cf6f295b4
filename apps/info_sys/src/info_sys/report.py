"""What the command line prints: answers, sources and their states, as tables for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from info_sys.backend import Backend
from info_sys.result import Result
from info_sys.system import Answer, Outcome
from info_sys.web_backend import WebBackend

WIDEST = 60


def answer_json(answer: Answer) -> str:
    """The answers, and what became of each source."""
    results = [_result(found) for found in answer.results]
    sources = [_source(outcome) for outcome in answer.outcomes]
    return json.dumps({"results": results, "sources": sources}, ensure_ascii=False)


def answer_table(results: Iterable[Result]) -> str:
    """A line for each answer."""
    return "\n".join(f"{found.score:>5g}  {_name(found):<13}  {_line(found)}" for found in results)


def why_table(outcomes: Iterable[Outcome]) -> str:
    """A line for each source: its state, its time in ms, its best score."""
    rows = [("source", "state", "ms", "score")]
    for outcome in outcomes:
        took_ms = "-" if outcome.took_ms is None else f"{outcome.took_ms:.0f}"
        best = outcome.score
        rows.append((outcome.backend.name, outcome.state, took_ms, "-" if best is None else f"{best:g}"))
    return table(rows)


def backend_rows(
    kinds: Iterable[type[Backend]],
    on: Collection[str],
    wanted: Collection[str] | None,
    has: Mapping[str, str],
) -> list[dict[str, Any]]:
    """What there is to say of each. `wanted`: who was chosen, None for all; `has`: the environment."""
    return [
        {
            "name": kind.name,
            "title": kind.title,
            "about": kind.about,
            "on": kind.name in on,
            "off_because": None if kind.name in on else _why_off(kind, wanted, has),
            "bangs": list(dict.fromkeys((kind.name, *kind.bangs))),
            "kinds": list(kind.kinds),
            "licence": kind.licence,
            "network": issubclass(kind, WebBackend),
        }
        for kind in kinds
    ]


def backend_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The same for people."""
    lines = [("name", "title", "on", "where", "bangs", "kinds", "licence", "")]
    for row in rows:
        bangs, kinds = " ".join(f"!{bang}" for bang in row["bangs"]), ", ".join(row["kinds"])
        where = "network" if row["network"] else "local"
        state = "on" if row["on"] else "off"
        said = row["off_because"] or row["about"]
        lines.append((row["name"], row["title"], state, where, bangs, kinds, row["licence"] or "-", said))
    return table(lines)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, up to a bound."""
    widths = [min(max(map(len, column)), WIDEST) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _why_off(kind: type[Backend], wanted: Collection[str] | None, has: Mapping[str, str]) -> str:
    if wanted is not None and kind.name not in wanted:
        return "INFO_SYS_BACKENDS does not name it"
    missing = [name for name in kind.needs if not has.get(name)]
    return f"set {', '.join(missing)}" if missing else "it could not be made, see the log"


def _result(found: Result) -> dict[str, object]:
    return {"score": found.score, "backend": _name(found), "text": found.text, "url": found.url}


def _source(outcome: Outcome) -> dict[str, object]:
    took_ms = None if outcome.took_ms is None else round(outcome.took_ms, 1)
    state = {"backend": outcome.backend.name, "state": outcome.state}
    return {**state, "took_ms": took_ms, "score": outcome.score, "licence": outcome.backend.licence}


def _name(found: Result) -> str:
    return found.backend.name if found.backend else ""


def _line(found: Result) -> str:
    return " / ".join((found.text or "").splitlines())
