"""Rows as objects without a session: what a page shows and lets go of.

A session keeps books about objects that it may have to write later. For rows that are only read this costs
more than the statement itself: a page of 24 videos takes half of the time this way. The objects are the
schemas' own and detached, as those of the repo: what was not read raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm.attributes import instance_state

from rumbl_core.schema import Schema

S = TypeVar("S", bound=Schema)
Key = tuple[Any, tuple[int], None]
"""What SQLAlchemy knows an object by: its class, its primary key, and no shard."""


class Excerpt(Generic[S]):
    """Columns of a schema, all if none are named, and those of the rows that it belongs to."""

    def __init__(self, schema: type[S], *names: str, **belongs_to: Excerpt[Any]) -> None:
        every = dict.fromkeys(("id", *(column.key for column in schema.__mapper__.column_attrs)))
        self._schema = schema
        self._names = ("id", *names) if names else tuple(every)
        self._unread = every.keys() - self._names
        self._belongs_to = belongs_to
        own = [getattr(schema, name) for name in self._names]
        self.columns: list[Any] = [*own, *(column for one in belongs_to.values() for column in one.columns)]

    def select(self) -> Select[*tuple[Any, ...]]:
        """A query of these columns; more may be added behind them."""
        query = select(*self.columns).select_from(self._schema)
        for name in self._belongs_to:
            query = query.outerjoin(getattr(self._schema, name))
        return query

    def objects(self, rows: Iterable[Sequence[Any]]) -> list[S]:
        """An object for each row of such a query. What belongs to the same row shares one object."""
        known: dict[Key, Schema] = {}
        return [self._object(row, 0, known) for row in rows]

    def _object(self, row: Sequence[Any], start: int, known: dict[Key, Schema]) -> Any:
        """The object whose columns begin at `start`; None where an outer join found nothing."""
        if row[start] is None:
            return None
        key: Key = (self._schema, (row[start],), None)
        if (found := known.get(key)) is not None:
            return found
        end = start + len(self._names)
        made = known[key] = self._new(key, row[start:end])
        for name, other in self._belongs_to.items():
            made.__dict__[name] = other._object(row, end, known)
            end += len(other.columns)
        return made

    def _new(self, key: Key, values: Sequence[Any]) -> S:
        """As SQLAlchemy's loader makes it: no constructor runs, and nothing counts as a change."""
        made: S = self._schema.__mapper__.class_manager.new_instance()
        state = instance_state(made)
        # One with a key is detached, one without is new.
        state.key = key
        state.expired_attributes = set(self._unread)
        made.__dict__.update(zip(self._names, values, strict=True))
        return made
