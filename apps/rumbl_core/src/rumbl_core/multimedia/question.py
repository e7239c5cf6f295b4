"""What became of a note that asks something: it waits, or it is settled."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from rumbl_core.schema import Schema

STATES: Final = ("waiting", "answered", "nothing", "refused")
"""refused: too much was to be done, or it was asked again and again in vain."""


class Question(Schema):
    """One per asking note. `sources` are the outcomes of all who were asked, as plain values."""

    __tablename__ = "questions"

    annotation_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("annotations.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[str] = mapped_column(String(16))
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    tries: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="questions_state_check"),
        Index("questions_waiting_index", "asked_at", postgresql_where=text("state = 'waiting'")),
    )
