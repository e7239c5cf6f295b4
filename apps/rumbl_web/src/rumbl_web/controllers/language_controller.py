"""The language of the site, chosen in the line at the bottom of every page."""

from __future__ import annotations

from typing import Final

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from rumbl_web import auth, gettext

YEAR_S: Final = 365 * 24 * 3600


def update() -> ResponseReturnValue:
    """Keep the choice in this browser and go back to the page it was made on."""
    code = request.form.get("language")
    if code not in gettext.LANGUAGES:
        abort(400)
    answer = redirect(auth.local_path(request.form.get("here")) or url_for("page.index"))
    answer.set_cookie(
        gettext.COOKIE,
        code,
        max_age=YEAR_S,
        path=current_app.config["SESSION_COOKIE_PATH"],
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer
