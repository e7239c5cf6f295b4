"""Long lists, a page at a time: the next one begins after the last row of this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page; `next` is the id to go on from, None on the last page."""

    rows: Sequence[Row]
    next: int | None


def paginate(fetch: Callable[[int], Sequence[Row]], size: int, key: Callable[[Row], Any]) -> Page[Row]:
    """A page of `size` rows from `fetch(limit)`, asked for one more to see whether there is a next."""
    rows = fetch(size + 1)
    more = len(rows) > size
    return Page(rows[:size], key(rows[size - 1]) if more else None)
