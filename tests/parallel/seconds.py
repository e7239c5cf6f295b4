"""How long the tests of each file took when they ran last: who takes longest begins."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

KEY = "rumbl/seconds"
LONGEST = Path(__file__).with_name("longest.json")
"""What the longest files took on some machine, for the first run in a clone, which takes 3 s more without."""


class Seconds:
    """By file, kept in pytest's cache. A file that never ran counts as one that takes 10 ms a test."""

    def __init__(self, config: pytest.Config) -> None:
        self._cache = getattr(config, "cache", None)
        known = self._cache.get(KEY, {}) if self._cache else {}
        self._known: dict[str, float] = json.loads(LONGEST.read_text()) | known
        self._now: dict[str, float] = defaultdict(float)

    def longest_first(self, files: Iterable[tuple[str, list[int]]]) -> list[list[int]]:
        """The tests of the files, in the order in which files should be begun."""
        return [
            tests for _, tests in sorted(files, key=lambda it: -self._known.get(it[0], len(it[1]) * 0.01))
        ]

    def took(self, file: str, seconds: float) -> None:
        """A test of the file took so long."""
        self._now[file] += seconds

    def keep(self) -> None:
        """For the next run."""
        if self._cache:
            self._cache.set(KEY, self._known | {file: round(s, 2) for file, s in self._now.items()})
