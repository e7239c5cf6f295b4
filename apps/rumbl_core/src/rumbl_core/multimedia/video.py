"""A video: the row, and what may be written to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Index, Integer, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from rumbl_core import casts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset, cast
from rumbl_core.multimedia import permalink
from rumbl_core.multimedia.category import Category
from rumbl_core.schema import Schema


class Video(Schema):
    """Where a video is, what it is about, whose it is."""

    __tablename__ = "videos"
    casts = {
        "url": casts.line,
        "title": casts.line,
        "description": casts.text,
        "category_id": casts.integer,
        "answers": casts.boolean,
    }

    url: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    slug: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    category_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("categories.id", ondelete="SET NULL"), index=True
    )
    answers: Mapped[bool] = mapped_column(Boolean, server_default=true())
    """Whether questions in notes are answered."""
    removals: Mapped[int] = mapped_column(Integer, server_default="0")
    """How often it lost notes: once for each of their authors who left."""
    updated_at: Mapped[datetime] = mapped_column(DateTime)

    __table_args__ = (
        Index("videos_user_id_id_index", "user_id", "id"),
        Index("videos_category_id_id_index", "category_id", "id"),
        Index("videos_title_key_index", text("left(rumbl_fold(title), 64)"), "id"),
        Index("videos_search_index", text("rumbl_ngrams(rumbl_fold(title), 1)"), postgresql_using="gin"),
    )

    user: Mapped[User | None] = relationship(lazy="raise")
    category: Mapped[Category | None] = relationship(lazy="raise")

    @staticmethod
    def changeset(video: Video, attrs: object) -> Changeset[Video]:
        """Address, title and description are required, a category is not. The owner is never in attrs."""
        return _put_slug(
            _keep_answers(cast(video, attrs, ("url", "title", "description", "category_id", "answers")))
            .validate_required("url", "title", "description")
            .validate_length("url", max=255, max_code_points=255)
            .validate_length("title", max=255, max_code_points=255)
            .validate_length("description", max=10_000)
            .assoc_constraint("category", "videos_category_id_fkey")
        )


def _keep_answers(changeset: Changeset[Video]) -> Changeset[Video]:
    """Nothing is neither yes nor no: it stays as it is."""
    unsaid = "answers" in changeset.changes and changeset.changes["answers"] is None
    return changeset.delete_change("answers") if unsaid else changeset


def _put_slug(changeset: Changeset[Video]) -> Changeset[Video]:
    title = changeset.changes.get("title")
    return changeset.put_change("slug", permalink.slugify(title)) if title else changeset
