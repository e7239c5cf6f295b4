"""Where the user is logged in, and how to end that."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_web import audit, auth, flash
from rumbl_web.gettext import gettext


def index(current_user: User) -> ResponseReturnValue:
    """The open sessions of the user; the one of this request is marked."""
    sessions = accounts.list_sessions(current_user)
    return render_template("settings/sessions.html", sessions=sessions, this=auth.session_ref())


def delete(current_user: User, id: str) -> ResponseReturnValue:
    """End one session; its live sockets close. One that is over is not found, nor is somebody else's."""
    if id == auth.session_ref():
        auth.log_out()
        return redirect(url_for("page.index"))
    accounts.end_session(current_user, id)
    auth.disconnect([id])
    audit.tell("session_ended", user_id=current_user.id)
    flash.put("info", gettext("That device is logged out."))
    return redirect(url_for("own_session.index"))


def clear(current_user: User) -> ResponseReturnValue:
    """End every session but this one."""
    ended = accounts.end_other_sessions(current_user, auth.session_token())
    auth.disconnect(ended)
    audit.tell("sessions_ended", user_id=current_user.id, sessions_ended=len(ended))
    flash.put("info", gettext("All other devices are logged out."))
    return redirect(url_for("own_session.index"))
