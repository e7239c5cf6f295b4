"""The home page."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from rumbl_core import multimedia
from rumbl_core.listing import Ask
from rumbl_web.views import page_view

NEWEST: Final = 6  # videos on the home page


def index() -> ResponseReturnValue:
    """Say what rumbl is, show it, and list the newest videos."""
    newest = multimedia.list_videos_page(Ask(NEWEST))
    return render_template(
        "page/index.html",
        demo_notes=page_view.demo_notes(),
        newest=newest,
    )
