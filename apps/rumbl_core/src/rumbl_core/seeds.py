"""What a fresh database gets: categories, the users of backends, and a demo to look at. Safe to repeat."""

from __future__ import annotations

from typing import Final, TypeVar

from sqlalchemy import select

from rumbl_core import password, repo
from rumbl_core.accounts import User, get_user_by
from rumbl_core.backend_seeds import BACKEND_USERS, DEMO_USERS
from rumbl_core.changeset import Changeset, change
from rumbl_core.multimedia import (
    Video,
    annotate_video,
    ask_in_video,
    create_category_or_raise,
    create_video,
    settle_question,
)
from rumbl_core.result import Error, Ok
from rumbl_core.schema import Schema

S = TypeVar("S", bound=Schema)

CATEGORIES: Final = ("Action", "Drama", "Romance", "Comedy", "Sci-fi")
DEMO_VIDEO: Final = {
    "url": "/static/media/demo.webm",
    "title": "Welcome to rumbl",
    "description": "One minute about watching together: notes that stick to their moment.",
}
DEMO_NOTES: Final = (
    (2_000, "demo", "Hello! This note sits at 0:02, and so it does for everyone who watches."),
    (7_000, "ana_demo", "Hi from another tab. I saw yours the moment you posted it."),
    (14_000, "demo", "Click a time to jump to its moment."),
    (22_000, "ana_demo", "Late to the film? Notes come in as the video reaches them."),
    (30_000, "demo", "Ask something, and an answer comes to the same moment:"),
    (33_000, "ana_demo", "(2 + 3) * 8.4"),
    (45_000, "demo", "Pause whenever you like. The note box keeps the moment for you."),
    (56_000, "ana_demo", "That was it. Your turn: log in and say something!"),
)
"""Moment in ms, username, text."""
DEMO_QUESTION: Final = "(2 + 3) * 8.4"
DEMO_ANSWER: Final = "42"
DEMO_SOURCE: Final = {
    "name": "calculator",
    "title": "Calculator",
    "state": "answered",
    "took_ms": None,
    "score": 90,
}
"""What became of the demo's question, as the page tells it."""
_LOCK: Final = 2


def run(*, demo_password: str | None = None, demo: bool = True) -> None:
    """Put in what is missing. With a password somebody can log in as demo, unless it has one already."""
    for name in CATEGORIES:
        create_category_or_raise(name)
    _insert_users(BACKEND_USERS)
    if demo:
        _insert_users(DEMO_USERS)
        _set_demo_password(demo_password)
        _insert_demo_video()


def _insert_users(pairs: tuple[tuple[str, str], ...]) -> None:
    repo.insert_new(User, [{"username": username, "name": name} for username, name in pairs])


def _set_demo_password(demo_password: str | None) -> None:
    user = _user("demo")
    if demo_password is not None and user.password_hash is None:
        repo.update(change(user).put_change("password_hash", password.hash_password(demo_password)))


def _insert_demo_video() -> None:
    """Insert the video with its notes, all or nothing, once however many processes try."""
    with repo.transaction():
        repo.lock(0, space=_LOCK)
        owner = _user("demo")
        present = select(Video).where(Video.user_id == owner.id, Video.url == DEMO_VIDEO["url"])
        if repo.count(present) == 0:
            _insert_demo_notes(_sure(create_video(owner, DEMO_VIDEO)))


def _insert_demo_notes(video: Video) -> None:
    for at, username, body in DEMO_NOTES:
        tell = ask_in_video if body == DEMO_QUESTION else annotate_video
        note = _sure(tell(_user(username), video.id, {"body": body, "at": at}))
        if body == DEMO_QUESTION:
            answer = {"body": DEMO_ANSWER, "at": at, "answer_to": note.id}
            _sure(annotate_video(_user("calculator"), video.id, answer))
            settle_question(note.id, "answered", [DEMO_SOURCE])


def _user(username: str) -> User:
    user = get_user_by(username=username)
    if user is None:
        raise LookupError(f"the user {username!r} should have been seeded")
    return user


def _sure(result: Ok[S] | Error[Changeset[S]]) -> S:
    """The value of what can't be refused."""
    match result:
        case Ok(value):
            return value
        case Error(changeset):
            raise ValueError(f"the seeds are wrong: {changeset.errors_on()}")
