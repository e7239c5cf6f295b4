"""Telling everybody on the page of a video that a note was stored, or that somebody's are gone."""

from __future__ import annotations

from rumbl_core import multimedia
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.views import annotation_view


def tell(endpoint: Endpoint, annotation: multimedia.Annotation) -> None:
    """Broadcast a note that `annotate_video` gave.

    The server that stored a twin may have died before it told anybody. So everybody hears that the twin is
    there, and who has it already does nothing; the whole note once more would show twice in simpler clients.
    """
    topic = f"videos:{annotation.video_id}"
    if annotation.is_new:
        endpoint.broadcast(topic, "new_annotation", annotation_view.annotation_json(annotation))
    else:
        endpoint.broadcast(topic, "latest", {"id": annotation.id})


def tell_removed(endpoint: Endpoint, video_id: int, user_id: int, removals: int) -> None:
    """Broadcast that what a user wrote on a video is gone, with the answers to it.

    A page takes it away; by `removals`, how often the video has lost notes, it knows whether it missed that
    of somebody else.
    """
    topic = f"videos:{video_id}"
    endpoint.broadcast(topic, "notes_removed", {"user_id": user_id, "removals": removals})


def latest(mark: tuple[int, int]) -> dict[str, int]:
    """What `latest` tells of a video by its mark (`multimedia.annotation_marks`)."""
    id, removals = mark
    return {"id": id, "removals": removals}
