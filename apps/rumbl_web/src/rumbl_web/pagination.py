"""What the address of a list asks for: `?q=otters&sort=title&after=12:otter`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

from rumbl_core.listing import Ask, Page

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """A page of a list as its template needs it: with the addresses of what is beside it."""

    page: Page[Row]
    path: str
    """Address of the list without search, order or place."""
    sorts: Mapping[str, str]
    """What the orders are called; the first is the one that the address need not name."""

    @property
    def next(self) -> str | None:
        """Address of the next page, None on the last."""
        return self._beside(after=self.page.next)

    @property
    def previous(self) -> str | None:
        """Address of the page before, None on the first."""
        return self._beside(before=self.page.previous)

    @property
    def cleared(self) -> str:
        """Address of the same list without the search."""
        return self._address(sort=self._sort)

    @property
    def _sort(self) -> str:
        return "" if self.page.sort == next(iter(self.sorts)) else self.page.sort

    def _beside(self, **cursor: str | None) -> str | None:
        (side, place), *_ = cursor.items()
        return self._address(q=self.page.search, sort=self._sort, **{side: place}) if place else None

    def _address(self, **query: str) -> str:
        told = urlencode({name: value for name, value in query.items() if value}, safe=":")
        return f"{self.path}?{told}" if told else self.path


def asked(size: int) -> Ask:
    """What the address of this request asks for, at most `size` rows."""
    args = request.args
    return Ask(size, args.get("q"), args.get("sort"), args.get("after"), args.get("before"))
