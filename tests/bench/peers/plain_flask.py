"""What one writes in an afternoon: Flask, SQLAlchemy and Jinja by their tutorials. No session, log or limit.

Every page is one statement for the rows that rumbl's page shows, and a template of comparable content.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, abort, render_template
from sqlalchemy import BigInteger, ForeignKey, create_engine, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
)

PAGE = 24
NOTES = 100

app = Flask(__name__, template_folder="plain_templates")
engine = create_engine(os.environ.get("DATABASE_URL", "postgresql+psycopg://"), pool_size=10)


class Base(DeclarativeBase):
    """Of the four tables, as rumbl has them."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class User(Base):
    """A user."""

    __tablename__ = "users"
    name: Mapped[str | None]
    username: Mapped[str]


class Category(Base):
    """A category."""

    __tablename__ = "categories"
    name: Mapped[str]


class Note(Base):
    """A note on a video."""

    __tablename__ = "annotations"
    body: Mapped[str]
    at: Mapped[int]
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()


class Video(Base):
    """A video."""

    __tablename__ = "videos"
    url: Mapped[str | None]
    title: Mapped[str | None]
    description: Mapped[str | None]
    slug: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    user: Mapped[User | None] = relationship()
    category: Mapped[Category | None] = relationship()
    notes: Mapped[list[Note]] = relationship(order_by=(Note.at, Note.id))


@app.get("/watch/<int:id>")
def watch(id: int) -> str:
    """A video with its first notes and everybody's names, in one statement."""
    first = select(Note.id).where(Note.video_id == id).order_by(Note.at, Note.id).limit(NOTES)
    query = (
        select(Video)
        .outerjoin(Note, (Note.video_id == Video.id) & Note.id.in_(first))
        .outerjoin(Note.user)
        .options(contains_eager(Video.notes).contains_eager(Note.user))
        .options(joinedload(Video.user), joinedload(Video.category))
        .where(Video.id == id)
        .order_by(Note.at, Note.id)
    )
    with Session(engine) as session:
        video: Any = session.scalars(query).unique().one_or_none() or abort(404)
        return render_template("watch.html", video=video)


@app.get("/videos")
def videos() -> str:
    """The newest videos with owner, category and number of notes, in one statement."""
    count = select(func.count()).where(Note.video_id == Video.id).correlate(Video).scalar_subquery()
    query = select(Video, count).options(joinedload(Video.user), joinedload(Video.category))
    with Session(engine) as session:
        rows = session.execute(query.order_by(Video.id.desc()).limit(PAGE)).all()
        return render_template("videos.html", rows=rows)


@app.get("/sessions/new")
def login() -> str:
    """The form, and one statement, of one row: as of every page with a user."""
    with Session(engine) as session:
        session.scalars(select(User).where(User.id == 1)).one_or_none()
        return render_template("login.html")


@app.get("/form")
def form() -> str:
    """The same form without any statement."""
    return render_template("login.html")
