"""Leaving: a user deletes the account, and everything that belongs to it goes with it, at once or not at all.

That is the user's videos with everybody's notes on them, the user's own notes wherever they are with the
answers that they got, and the sessions. Notes that were chained to a deleted one keep its id in `prev_id`: a
reader follows the chain by order, not by looking ids up, so a hole stops nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select, update

from rumbl_core import accounts, password, repo
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset, change
from rumbl_core.message import message
from rumbl_core.multimedia import Annotation, Video
from rumbl_core.result import Error, Ok

_LOCKS: Final = 7
_NOT_YOURS: Final = message("is not your password")


@dataclass(frozen=True, slots=True)
class Belongings:
    """How much would be deleted with an account."""

    videos: int
    notes_on_videos: int
    """Everybody's, on the user's videos."""
    notes_elsewhere: int
    """The user's own, on the videos of others."""


@dataclass(frozen=True, slots=True)
class Departed:
    """What live pages are told: the videos that are gone, those that lost notes, the ended sessions."""

    videos: list[int]
    noted: dict[int, int]
    """Videos of others that had notes of the user: how often each has lost notes by now."""
    sessions: list[str]


def belongings(user: User) -> Belongings:
    """Count what belongs to an account."""
    videos = select(Video.id).where(Video.user_id == user.id)
    notes = select(func.count()).select_from(Annotation)
    on_videos = notes.where(Annotation.video_id.in_(videos))
    elsewhere = notes.where(Annotation.user_id == user.id, Annotation.video_id.not_in(videos))
    counted = select(
        select(func.count()).select_from(videos.subquery()).scalar_subquery(),
        on_videos.scalar_subquery(),
        elsewhere.scalar_subquery(),
    )
    return Belongings(*repo.rows(counted)[0])


def delete_account(user: User, attrs: object) -> Ok[Departed] | Error[Changeset[User]]:
    """Delete a user who gives `password`, and the username as `confirmation`. Raises NotFound if it is gone.

    The voice of a backend can't be deleted.
    """
    wanted = _judged(accounts.person(user), attrs)
    if not wanted.valid:
        return Error(wanted.put_action("delete"))
    with repo.transaction():
        repo.lock(0, space=_LOCKS)  # two who annotated each other's videos would wait for each other
        # From here on nobody adds a video, a note or a session: they wait for the row, and find it gone.
        if not accounts.same_password(user, wait_for="change"):
            return Error(wanted.add_error("password", _NOT_YOURS).put_action("delete"))
        videos = repo.all(select(Video.id).where(Video.user_id == user.id))
        counted = update(Video).where(repo.among(Video.id, repo.all(_noted(user))))
        counted = counted.values(removals=Video.removals + 1)
        noted = dict(repo.changed(counted.returning(Video.id, Video.removals)))
        sessions = accounts.delete_all_session_tokens(user)
        repo.delete(user)
    return Ok(Departed(videos, noted, sessions))


def _noted(user: User) -> Select[int]:
    own = select(Video.id).where(Video.user_id == user.id)
    wrote = select(Annotation.video_id).where(Annotation.user_id == user.id).distinct()
    return wrote.where(Annotation.video_id.not_in(own)).order_by(Annotation.video_id)


def _judged(user: User, attrs: object) -> Changeset[User]:
    wanted = change(user)
    name = accounts.typed(attrs, "confirmation")
    if not isinstance(name, str) or name.strip().casefold() != user.username.casefold():
        wanted = wanted.add_error("confirmation", message("is not your username"))
    if not password.verify(user.password_hash, accounts.typed(attrs, "password")):
        wanted = wanted.add_error("password", _NOT_YOURS)
    return wanted
