"""Lists that grow: what matches a search, in one of a few orders, a page at a time.

A page is found by where it begins (keyset), not by its number: a cursor is the sort key and the id of a row.
So rows that come or go while somebody pages make nothing appear twice or get lost, and the last page costs
what the first one does. The sort key of a text is folded (no case, no accents) and compared by code points:
that is the same order on every PostgreSQL. Searches find any part of the folded text, by index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from rumbl_core import repo
from rumbl_core.casts import INVALID, cast_id, line
from rumbl_core.excerpt import Excerpt
from rumbl_core.schema import Schema

MAX_SEARCH: Final = 100
"""Longest search, in characters; what is longer is cut."""
MAX_PAGE: Final = 500
"""Most rows of a page."""
_MAX_KEY: Final = 64  # characters of a sort key, as in the indexes: ties are broken by the id

S = TypeVar("S", bound=Schema)
T = TypeVar("T")
Cursor: TypeAlias = tuple[str, int]
"""Key and id of a row."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants of a list. All but `size` may be nonsense from outside, and is then ignored."""

    size: int
    search: object = None
    sort: object = None
    after: object = None
    """Cursor of the row that the page follows."""
    before: object = None
    """Cursor of the row that the page comes before; `after` wins."""


@dataclass(frozen=True, slots=True)
class Order:
    """By `key`, a text as `sort_key` makes it, then by id; without a key by id alone."""

    key: ColumnElement[str] | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list; `search` and `sort` as they were understood, and the cursors of the pages beside it."""

    rows: list[T]
    search: str = ""
    sort: str = ""
    previous: str | None = None
    next: str | None = None
    counts: Mapping[int, int] = field(default_factory=dict)
    """What was counted of each row, by its id."""


@dataclass(frozen=True, slots=True, eq=False)
class Listing(Generic[S]):
    """How one kind of row is listed. The first of `orders` is taken when no known one is asked for."""

    excerpt: Excerpt[S]
    """What is read of each row."""
    id: InstrumentedAttribute[int]
    orders: Mapping[str, Order]
    searched: ColumnElement[str]
    """The folded text that is searched, as the index has it."""
    counted: ScalarSelect[int] | None = None

    def page(self, query: Select[Any], ask: Ask, parameters: Mapping[str, Any] | None = None) -> Page[S]:
        """The page that is asked for, in one statement. Where a cursor leads to nothing: the first page.

        `query` says which rows there are: the excerpt's with conditions, and a constant with `parameters`,
        since statements are built once.
        """
        search = searchable(ask.search)
        sort = ask.sort if isinstance(ask.sort, str) and ask.sort in self.orders else next(iter(self.orders))
        given = {**(parameters or {}), "list_search": search, "list_size": max(1, min(ask.size, MAX_PAGE))}
        after, before = read_cursor(ask.after), read_cursor(ask.before)
        found, more = self._rows(query, sort, given, after or before, back=before is not None and not after)
        if not found and (after or before):
            after = before = None
            found, more = self._rows(query, sort, given)
        back = before is not None and not after
        return Page(
            [row for row, *_ in found],
            search,
            sort,
            previous=_cursor(found[0]) if found and (more if back else after) else None,
            next=_cursor(found[-1]) if found and (back or more) else None,
            counts={row.id: count for row, count, _key in found},
        )

    def _rows(
        self,
        query: Select[Any],
        sort: str,
        given: Mapping[str, Any],
        cursor: Cursor | None = None,
        *,
        back: bool = False,
    ) -> tuple[list[tuple[S, int, str]], bool]:
        """Rows with count and key beyond the cursor, or `back` before it, and whether there are more."""
        key, id = cursor or ("", 0)
        shape = Shape(sort, searching=bool(given["list_search"]), placed=cursor is not None, back=back)
        size = given["list_size"]
        values = {**given, "list_size": size + 1, "list_key": key, "list_id": id}
        found = repo.values(_statement(self, query, shape), values)
        shown = found[size - 1 :: -1] if back else found[:size]
        page = zip(self.excerpt.objects(shown), shown, strict=True)
        return [(row, count, key) for row, (*_, count, key) in page], len(found) > size


class Shape(NamedTuple):
    """What makes the statement of a page another one; the rest is parameters."""

    sort: str
    searching: bool
    placed: bool
    back: bool


@lru_cache(maxsize=256)
def _statement(listing: Listing[Any], query: Select[Any], shape: Shape) -> Select[Any]:
    order = listing.orders[shape.sort]
    key = order.key if order.key is not None else literal_column("''", Text)
    query = query.add_columns(listing.counted if listing.counted is not None else literal_column("0"), key)
    if shape.searching:
        query = query.where(*matching(listing.searched, bindparam("list_search", type_=Text)))
    descending = order.descending != shape.back
    if shape.placed:
        query = query.where(_beyond(order, listing.id, descending))
    by = [listing.id] if order.key is None else [order.key, listing.id]
    query = query.order_by(*(column.desc() if descending else column.asc() for column in by))
    return query.limit(bindparam("list_size", type_=Integer))


def sort_key(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """The sort key of a text column, exactly as the index has it: by code points, so by no system's rules.

    The models name that index without its collation, which alembic can't see.
    """
    name = f"{column.class_.__tablename__}.{column.key}"
    return literal_column(f'left(rumbl_fold({name}), {_MAX_KEY}) COLLATE "C"', Text)


def searchable(value: object) -> str:
    """A search as it is made: one line without blanks at its ends, of bounded length; "" for none."""
    text = line(value) if isinstance(value, str) else INVALID
    return " ".join(str(text).split())[:MAX_SEARCH].strip() if text is not INVALID else ""


def matching(
    folded: ColumnElement[str], search: ColumnElement[str]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions that a folded text has `search` in it: an index finds its pieces, the text decides.

    There is no pattern, so `%`, `_` and a backslash are themselves.
    """
    wanted = func.rumbl_fold(search)
    pieces = func.rumbl_ngrams(wanted, func.least(3, func.length(wanted)))
    return (
        func.strpos(folded, wanted) > 0,
        func.rumbl_ngrams(folded, literal_column("1")).op("@>", is_comparison=True)(pieces),
    )


def read_cursor(value: object) -> Cursor | None:
    """Key and id of a cursor; None if it can't be one. Any other is a place in the list, whoever wrote it.

    >>> read_cursor("12:otters"), read_cursor("12"), read_cursor("otters")
    (('otters', 12), ('', 12), None)
    """
    if not isinstance(value, str) or len(value) > 4 * _MAX_KEY:
        return None
    number, _, key = value.partition(":")
    id = cast_id(number)
    return None if id is None or line(key) is INVALID else (key[:_MAX_KEY], id)


def _beyond(order: Order, id: InstrumentedAttribute[int], descending: bool) -> ColumnElement[bool]:
    number = bindparam("list_id", type_=BigInteger)
    if order.key is None:
        return id < number if descending else id > number
    mine, other = tuple_(order.key, id), tuple_(bindparam("list_key", type_=Text), number)
    return mine < other if descending else mine > other


def _cursor(found: tuple[Schema, int, str]) -> str:
    row, _count, key = found
    return f"{row.id}:{key}" if key else str(row.id)
