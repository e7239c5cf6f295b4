"""An annotation: a note that sticks to a moment of a video."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    ScalarSelect,
    Select,
    String,
    Text,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, contains_eager, mapped_column, relationship

from rumbl_core import casts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset, cast
from rumbl_core.message import message
from rumbl_core.schema import Schema

MAX_BODY: Final = 10_000
MAX_AT_MS: Final = 2**31 - 1
MAX_CLIENT_KEY: Final = 64
_MAX_SOURCE_URL: Final = 2_000
_KEY_INDEX: Final = "annotations_user_id_video_id_client_key_index"


class Annotation(Schema):
    """A note by a user at `at` ms of a video; `answer_to` is the question that it answers."""

    __tablename__ = "annotations"
    casts = {
        "body": casts.text,
        "at": casts.integer,
        "client_key": casts.line,
        "answer_to": casts.integer,
        "source_url": casts.line,
    }

    body: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Integer)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    video_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("videos.id", ondelete="CASCADE"))
    client_key: Mapped[str | None] = mapped_column(String(MAX_CLIENT_KEY))
    answer_to: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("annotations.id", ondelete="CASCADE")
    )
    source_url: Mapped[str | None] = mapped_column(Text)
    prev_id: Mapped[int | None] = mapped_column(BigInteger)
    """The note before it on its video when it was written, None for the first. It may be deleted since."""

    user: Mapped[User] = relationship(lazy="raise")

    is_new = False
    """No column: True on what `annotate_video` just inserted, False on a twin it found and on loaded rows."""

    __table_args__ = (
        Index("annotations_video_id_id_index", "video_id", "id"),
        Index("annotations_video_id_at_id_index", "video_id", "at", "id"),
        Index(_KEY_INDEX, "user_id", "video_id", "client_key", unique=True),
        Index("annotations_answer_to_user_id_index", "answer_to", "user_id", unique=True),
    )

    @staticmethod
    def changeset(annotation: Annotation, attrs: object) -> Changeset[Annotation]:
        """What anybody may say: a text at a moment, with a key of their own against saying it twice."""
        return (
            cast(annotation, attrs, ("body", "at", "client_key"))
            .validate_required("body", "at")
            .validate_length("body", max=MAX_BODY)
            .validate_number("at", min=0, max=MAX_AT_MS)
            .validate_length("client_key", max=MAX_CLIENT_KEY, max_code_points=MAX_CLIENT_KEY)
            .assoc_constraint("video", "annotations_video_id_fkey")
            .assoc_constraint("user", "annotations_user_id_fkey")
            .unique_constraint("client_key", _KEY_INDEX)
        )

    @staticmethod
    def answer_changeset(annotation: Annotation, attrs: object) -> Changeset[Annotation]:
        """What a backend may say besides: which question this answers, and where the answer is from."""
        return (
            Annotation.changeset(annotation, attrs)
            .cast(attrs, ("answer_to", "source_url"))
            .validate_length("source_url", max=_MAX_SOURCE_URL, max_code_points=_MAX_SOURCE_URL)
            .validate_change("source_url", _refuse_unsafe)
            .foreign_key_constraint("answer_to", "annotations_answer_to_fkey")
            .unique_constraint("answer_to", "annotations_answer_to_user_id_index")
        )

    @staticmethod
    def latest_id(
        video_id: int | ColumnElement[int] | InstrumentedAttribute[int],
    ) -> ScalarSelect[int | None]:
        """The highest id of a video's annotations, as a part of a statement."""
        return select(func.max(Annotation.id)).where(Annotation.video_id == video_id).scalar_subquery()

    @staticmethod
    def of_video(
        video_id: int | ColumnElement[int], since_id: int | ColumnElement[int]
    ) -> Select[Annotation]:
        """A video's annotations after the id `since_id`, each with its user."""
        return (
            select(Annotation)
            .join(Annotation.user)
            .options(contains_eager(Annotation.user))
            .where(Annotation.video_id == video_id, Annotation.id > since_id)
        )


def _refuse_unsafe(url: str) -> str | None:
    """A source becomes a link on the page, so it must lead to the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return message("is invalid")
    return None if parts.scheme in {"http", "https"} and parts.netloc else message("is invalid")
