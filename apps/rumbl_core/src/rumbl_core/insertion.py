"""Statements that insert a row. Each is built once: to build one anew costs more than to run it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import ClauseElement, Insert, Table, insert
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.sql.dml import ReturningInsert

from rumbl_core.excerpt import Excerpt
from rumbl_core.schema import Schema

C = TypeVar("C", bound=Insert)
Values = Mapping[str, Any]
"""What a row gets, by column; an expression is worked out by the database."""


def of(schema: type[Schema], values: Values) -> tuple[ReturningInsert[Any], dict[str, Any]]:
    """Inserts a row and gives it back whole; with its parameters, but those of expressions."""
    return _with(_returning(schema), schema, values)


def of_new(schema: type[Schema], values: Values) -> tuple[Insert, dict[str, Any]]:
    """Inserts a row unless that breaks a unique constraint; with its parameters."""
    return _with(_unless_there(schema), schema, values)


def _with(command: C, schema: type[Schema], values: Values) -> tuple[C, dict[str, Any]]:
    columns = schema.__mapper__.column_attrs
    plain = {
        name: value
        for name, value in values.items()
        if name in columns and not isinstance(value, ClauseElement)
    }
    # What is no column is refused there; among the parameters nobody would notice it.
    others = tuple((name, value) for name, value in values.items() if name not in plain)
    return _extended(command, others) if others else command, plain


@lru_cache(maxsize=64)
def _extended(command: C, expressions: tuple[tuple[str, Any], ...]) -> C:
    """A command with expressions, which are the same if they are the same objects."""
    return command.values(dict(expressions))


@cache
def _returning(schema: type[Schema]) -> ReturningInsert[Any]:
    return insert(cast("Table", schema.__table__)).returning(*Excerpt(schema).columns)


@cache
def _unless_there(schema: type[Schema]) -> Insert:
    return pg_insert(cast("Table", schema.__table__)).on_conflict_do_nothing()
