"""Questions in notes: stored with the note, so that no process that dies takes one along."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    bindparam,
    case,
    column,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import contains_eager

from rumbl_core import repo
from rumbl_core.accounts import User
from rumbl_core.casts import MAX_ID, cast_id
from rumbl_core.changeset import Changeset
from rumbl_core.multimedia.annotation import Annotation
from rumbl_core.multimedia.context import annotate_video
from rumbl_core.multimedia.question import Question
from rumbl_core.multimedia.video import Video
from rumbl_core.result import Error, Ok

MAX_TRIES: Final = 5
MAX_SOURCES: Final = 50
MAX_OPEN: Final = 500
"""So many notes of a video are looked at in one go for questions without an answer."""
_WINDOWS: Final = (
    func.unnest(bindparam("videos", type_=ARRAY(BigInteger)), bindparam("ends", type_=ARRAY(BigInteger)))
    .table_valued(column("video_id", BigInteger), column("before", BigInteger), name="windows")
    .render_derived()
)
# Looked up one by one: a join may read the questions of the whole site instead.
_STATE: Final = select(Question.state).where(Question.annotation_id == Annotation.id).scalar_subquery()
_NOTES: Final = (
    select(Annotation.id, _STATE.label("state"))
    .where(Annotation.video_id == _WINDOWS.c.video_id, Annotation.id < _WINDOWS.c.before)
    .order_by(Annotation.id.desc())
    .limit(MAX_OPEN)
    .correlate(_WINDOWS)
    .lateral()
)
_IS_OPEN: Final = _NOTES.c.state != "answered"
_OPEN: Final = (
    select(
        *_WINDOWS.c,
        case((func.count() == MAX_OPEN, func.min(_NOTES.c.id))),
        func.array_agg(aggregate_order_by(_NOTES.c.id, _NOTES.c.id)).filter(_IS_OPEN),
        func.array_agg(aggregate_order_by(_NOTES.c.state, _NOTES.c.id)).filter(_IS_OPEN),
    )
    .join(_NOTES, true())
    .group_by(*_WINDOWS.c)
)

Window = tuple[int, int]
"""A video, and the id before which its notes are looked at."""
NEWEST: Final = MAX_ID
"""The end of a window with the newest notes."""


class OpenQuestions(NamedTuple):
    """Those of one window: the state by the id of the note, and before which id to look on, if at all."""

    states: dict[int, str]
    before: int | None


def ask_in_video(
    user: User, video_id: object, attrs: object
) -> Ok[Annotation] | Error[Changeset[Annotation]]:
    """Pin a note that asks something: the note and its question are stored together, or neither is."""
    with repo.transaction():
        result = annotate_video(user, video_id, attrs)
        if isinstance(result, Ok) and result.value.is_new:
            now = repo.database_time()
            row = {"annotation_id": result.value.id, "state": "waiting", "sources": [], "tries": 1}
            repo.insert_new(Question, [{**row, "asked_at": now}])
    return result


def answers_wanted(video_id: object) -> bool:
    """Whether questions on this video are to be answered: its owner may not want that."""
    return bool(repo.rows(select(Video.answers).where(Video.id == cast_id(video_id), Video.answers)))


def settle_question(annotation_id: int, state: str, sources: Sequence[dict[str, Any]] = ()) -> bool:
    """Note what became of it. What is answered stays so; False if there is nothing to settle."""
    settled = update(Question).where(Question.annotation_id == annotation_id, Question.state != "answered")
    kept = list(sources)[:MAX_SOURCES]
    return repo.run(settled.values(state=state, sources=literal(kept, JSONB))) == 1


def get_question(video_id: object, annotation_id: object) -> Question | None:
    """The question of a note of this video, or None."""
    query = select(Question).join(Annotation, Annotation.id == Question.annotation_id)
    wanted = (Annotation.id == cast_id(annotation_id), Annotation.video_id == cast_id(video_id))
    return repo.one(query.where(*wanted))


def open_questions(windows: Collection[Window]) -> dict[Window, OpenQuestions]:
    """What has no answer among the `MAX_OPEN` newest notes of each window; one without notes is left out."""
    videos, ends = zip(*windows, strict=True) if windows else ((), ())
    found = repo.values(_OPEN, {"videos": list(videos), "ends": list(ends)})
    return {
        (video_id, before): OpenQuestions(dict(zip(ids or (), states or (), strict=True)), rest)
        for video_id, before, rest, ids, states in found
    }


def answer_question(
    backend: User, question: Annotation, attrs: dict[str, Any], sources: Sequence[dict[str, Any]] = ()
) -> Ok[Annotation] | Error[Changeset[Annotation]] | None:
    """Post an answer and settle its question: both, or neither. None if it is answered already, or gone.

    So a question that was asked twice, because somebody was thought dead, keeps its first answer.
    """
    answer = {**attrs, "at": question.at, "answer_to": question.id}
    try:
        with repo.transaction():
            result = annotate_video(backend, question.video_id, answer)
            # Note first, question after: the order in which a deletion of the video locks them.
            if isinstance(result, Ok) and not settle_question(question.id, "answered", sources):
                raise _Answered
    except _Answered:
        return None
    return result


def claim_questions(waited_s: float, limit: int = 20) -> list[Annotation]:
    """Notes whose question has waited for so long, to be asked again by the caller and nobody else.

    After `MAX_TRIES` a question is no longer given: `give_up_questions` has it.
    """
    again = {"asked_at": repo.database_time(), "tries": Question.tries + 1}
    return _take(waited_s, limit, Question.tries < MAX_TRIES, again)


def give_up_questions(waited_s: float, limit: int = 20) -> list[Annotation]:
    """Refuse questions that were asked again and again in vain; each is given to one caller, to tell it."""
    return _take(waited_s, limit, Question.tries >= MAX_TRIES, {"state": "refused"})


def get_annotations(ids: Sequence[int]) -> list[Annotation]:
    """The notes of these ids, with users; unknown ones are left out."""
    query = select(Annotation).join(Annotation.user).options(contains_eager(Annotation.user))
    return repo.all(query.where(repo.among(Annotation.id, ids)).order_by(Annotation.id)) if ids else []


class _Answered(Exception):
    """Nothing is to be stored."""


def _take(
    waited_s: float, limit: int, which: ColumnElement[bool], values: dict[str, Any]
) -> list[Annotation]:
    before = repo.database_time() - timedelta(seconds=waited_s)
    late = (
        select(Question.id)
        .where(Question.state == "waiting", Question.asked_at < before, which)
        .order_by(Question.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = update(Question).where(repo.chosen(Question.id, late)).values(**values)
    return get_annotations([id for (id,) in repo.changed(taken.returning(Question.annotation_id))])
