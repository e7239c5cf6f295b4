"""What a log in JSON says went wrong: records of errors, and exceptions, but those that the faults make."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.soak.judge import Goal

INJECTED = {
    "a worker was killed": re.compile(r"Worker \(pid:\d+\) was sent SIGKILL"),
}
"""What the faults themselves make the site say as an error, by what it means."""
_BAD = {"error", "critical"}
_NUMBERS = re.compile(r"\d+")
_LONGEST = 200


def read(lines: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """How often what was injected is told of, and everything else that is an error or an exception."""
    injected: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for line in lines:
        if told := _wrong(line):
            name = next((name for name, pattern in INJECTED.items() if pattern.search(told)), None)
            if name:
                injected[name] += 1
            else:
                others[_NUMBERS.sub("N", told)[:_LONGEST]] += 1
    return injected, others


def warnings(lines: Iterable[str]) -> Counter[str]:
    """What was warned of, numbers apart: no goal, but worth a look."""
    records = filter(None, map(_record, lines))
    return Counter(
        _NUMBERS.sub("N", f"{record['logger']}: {record['message']}")[:_LONGEST]
        for record in records
        if record.get("level") == "warning"
    )


def goal(others: Counter[str]) -> Goal:
    """None but the injected."""
    note = "; ".join(f"{times} x {told}" for told, times in others.most_common(5))
    return Goal("errors and exceptions in the logs", sum(others.values()), note=note)


def _wrong(line: str) -> str | None:
    record = _record(line)
    if record is None:
        return line.strip() if "Traceback" in line else None
    exception = str(record.get("exception", "")).strip()
    if record.get("level") not in _BAD and not exception:
        return None
    last = exception.splitlines()[-1:] or [""]
    return f"{record.get('logger')}: {record.get('message')} {last[0]}".strip()


def _record(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
