"""Telling everybody on the page of a video that a note was stored."""

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
