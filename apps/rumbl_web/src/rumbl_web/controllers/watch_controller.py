"""The public page where a video is watched."""

from __future__ import annotations

from typing import Final

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from rumbl_core import multimedia
from rumbl_web import auth, security
from rumbl_web.views import watch_view
from rumbl_web.views.addresses import watch_path

PLAIN_NOTES: Final = 100  # notes on the page for those without JavaScript; others get all by the socket
PLAIN_NOTE_CHARS: Final = 500  # of each of them, so that long notes do not make the page heavy for everyone


def show(id: str) -> ResponseReturnValue:
    """Player, notes and who is here. A guest reads along."""
    video, user = multimedia.get_video_or_raise(id), auth.current_user()
    source = multimedia.player_source(video.url)
    if source.kind == "hls":
        security.allow_connect(source.url)
    path, token = watch_path(video), current_app.extensions["rumbl_web"].user_token(user, auth.session_ref())
    return render_template(
        "watch/show.html",
        video=video,
        user_token=token,
        player=watch_view.player_attributes(source),
        boot=watch_view.boot(video, user, token, path),
        canonical_path=path,
        notes=multimedia.list_annotations(video, limit=PLAIN_NOTES),
        PLAIN_NOTES=PLAIN_NOTES,
        NOTE_CHARS=PLAIN_NOTE_CHARS,
    )
