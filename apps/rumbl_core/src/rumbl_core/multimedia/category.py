"""A category of videos."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Index, Select, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from rumbl_core import casts
from rumbl_core.changeset import Changeset, cast
from rumbl_core.schema import Schema


class Category(Schema):
    """A name that videos can be put under."""

    __tablename__ = "categories"
    casts = {"name": casts.line}

    name: Mapped[str] = mapped_column(String(255))
    updated_at: Mapped[datetime] = mapped_column(DateTime)

    __table_args__ = (
        Index("categories_name_index", "name", unique=True),
        Index("categories_name_key_index", text("left(rumbl_fold(name), 64)"), "id"),
        Index("categories_search_index", text("rumbl_ngrams(rumbl_fold(name), 1)"), postgresql_using="gin"),
    )

    @staticmethod
    def changeset(category: Category, attrs: object) -> Changeset[Category]:
        """A name is required."""
        return (
            cast(category, attrs, ("name",))
            .validate_required("name")
            .validate_length("name", max=255, max_code_points=255)
        )

    @staticmethod
    def alphabetical(query: Select[Category]) -> Select[Category]:
        """The query in the order of names, whatever their case."""
        return query.order_by(func.lower(Category.name), Category.name, Category.id)
