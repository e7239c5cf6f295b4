"""The home page."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from rumbl_core import multimedia
from rumbl_web.views import page_view

NEWEST: Final = 6  # videos on the home page


def index() -> ResponseReturnValue:
    """Say what rumbl is, show it, and list the newest videos."""
    videos = multimedia.list_newest_videos(limit=NEWEST)
    return render_template(
        "page/index.html",
        demo_notes=page_view.demo_notes(),
        videos=videos,
        note_counts=multimedia.count_annotations(videos),
    )
