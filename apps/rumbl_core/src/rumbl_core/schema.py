"""The base of all schemas: typed mappings whose associations raise unless they were loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Identity, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from rumbl_core import casts as kinds


def now() -> datetime:
    """The time that rows are stamped with: UTC without a zone, in whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


class Schema(DeclarativeBase):
    """A table's row. Unsaved ones are plain objects whose missing fields are None."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "ix": "%(table_name)s_%(column_0_name)s_index",
        }
    )
    casts: ClassVar[Mapping[str, kinds.Cast]] = {}

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inserted_at: Mapped[datetime] = mapped_column(DateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} id={self.__dict__.get('id')}>"

    def __eq__(self, other: object) -> bool:
        """Rows are equal when they are the same row, whatever was loaded of it."""
        if type(other) is not type(self):
            return NotImplemented
        return self is other or (self.id is not None and self.id == other.id)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.id))


def stored_values(row: Schema) -> dict[str, Any]:
    """The columns that were set on an unsaved row."""
    names = (attribute.key for attribute in row.__mapper__.column_attrs)
    return {name: row.__dict__[name] for name in names if row.__dict__.get(name) is not None}


def stamps(schema: type[Schema], *names: str) -> dict[str, datetime]:
    """The time for those of the columns `names` that the schema has."""
    time = now()
    return {name: time for name in names if name in schema.__mapper__.column_attrs}


def keep_associations(before: Schema, after: Schema) -> None:
    """Carry over what was loaded before, where the foreign key is still the same."""
    for relation in before.__mapper__.relationships:
        keys = [column.key for column in relation.local_columns]
        same = [getattr(before, str(key)) == getattr(after, str(key)) for key in keys]
        if relation.key in before.__dict__ and False not in same:
            set_committed_value(after, relation.key, before.__dict__[relation.key])
