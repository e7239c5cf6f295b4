"""Questions in notes: stored with the note, so that no process that dies takes one along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import case, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import contains_eager

from rumbl_core import repo
from rumbl_core.accounts import User
from rumbl_core.casts import cast_id
from rumbl_core.changeset import Changeset
from rumbl_core.multimedia.annotation import Annotation
from rumbl_core.multimedia.context import annotate_video
from rumbl_core.multimedia.question import Question
from rumbl_core.multimedia.video import Video
from rumbl_core.result import Error, Ok

MAX_TRIES: Final = 5
MAX_SOURCES: Final = 50


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


def claim_questions(waited_s: float, limit: int = 20) -> list[Annotation]:
    """Notes whose question has waited for so long, to be asked again by the caller and nobody else.

    After `MAX_TRIES` a question is refused, and no longer given.
    """
    before = repo.database_time() - timedelta(seconds=waited_s)
    late = (
        select(Question.id)
        .where(Question.state == "waiting", Question.asked_at < before)
        .order_by(Question.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(Question)
        .where(Question.id.in_(late.scalar_subquery()))
        .values(
            asked_at=repo.database_time(),
            tries=Question.tries + 1,
            state=case((Question.tries >= MAX_TRIES, "refused"), else_="waiting"),
        )
        .returning(Question.annotation_id, Question.state)
    )
    ids = [id for id, state in repo.changed(claimed) if state == "waiting"]
    return get_annotations(ids)


def get_annotations(ids: Sequence[int]) -> list[Annotation]:
    """The notes of these ids, with users; unknown ones are left out."""
    query = select(Annotation).join(Annotation.user).options(contains_eager(Annotation.user))
    return repo.all(query.where(repo.among(Annotation.id, ids)).order_by(Annotation.id)) if ids else []
