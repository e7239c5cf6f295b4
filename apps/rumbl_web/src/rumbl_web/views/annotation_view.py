"""How a note looks on the wire. Built field by field: a client's payload is never passed on as it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import info_sys
from rumbl_core import accounts, multimedia
from rumbl_web.views import user_view


class SourceJson(TypedDict):
    """Where an answer comes from."""

    name: str
    url: str | None
    licence: str | None


class AnnotationJson(TypedDict):
    """One note: `at` in ms of the video, `answer_to` the id of the question that it answers.

    `prev` is the id of the note before it on its video, null for the first: so a client can tell that it
    misses one.
    """

    id: int
    prev: int | None
    body: str
    at: int
    user: user_view.UserJson
    answer_to: int | None
    source: SourceJson | None
    key: str | None


def annotation_json(annotation: multimedia.Annotation) -> AnnotationJson:
    """Render one note with its author."""
    return {
        "id": annotation.id,
        "prev": annotation.prev_id,
        "body": annotation.body,
        "at": annotation.at,
        "user": user_view.user_json(annotation.user),
        "answer_to": annotation.answer_to,
        "source": source_json(annotation),
        "key": annotation.client_key,
    }


def annotations_json(annotations: Sequence[multimedia.Annotation]) -> list[AnnotationJson]:
    """Render many."""
    return [annotation_json(annotation) for annotation in annotations]


def source_json(annotation: multimedia.Annotation) -> SourceJson | None:
    """Who is to be named below an answer; None for what is no answer."""
    if annotation.answer_to is None:
        return None
    user = annotation.user
    name, licence = user.name or user.username, info_sys.licence(accounts.backend_of(user))
    return {"name": name, "url": annotation.source_url, "licence": licence}
