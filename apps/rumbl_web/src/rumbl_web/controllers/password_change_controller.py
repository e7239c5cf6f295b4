"""Another password for the user who is logged in. Wrong ones count like those of a log-in."""

from __future__ import annotations

import logging
from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.result import Error, Ok
from rumbl_web import audit, auth, flash, params, turnstile
from rumbl_web.gettext import gettext, noop
from rumbl_web.views.form_view import Form

LABELS: Final = {"current_password": noop("Your password"), "password": noop("New password")}


def edit(current_user: User) -> ResponseReturnValue:
    """The form."""
    return _form(accounts.change_user(current_user))


def update(current_user: User) -> ResponseReturnValue:
    """Change the password: every other session ends, this browser gets a new one."""
    fields = params.required("change")
    if wait_s := turnstile.begin_log_in(current_user.username):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(_form(accounts.change_user(current_user)), wait_s)
    with turnstile.judging(current_user.username) as judged:
        answer = judged("current_password", accounts.change_password(current_user, fields))
    match answer:
        case Ok(changed):
            auth.disconnect(changed.ended)
            auth.log_in(changed.user)
            audit.tell("password_changed", user_id=changed.user.id, sessions_ended=len(changed.ended))
            flash.put("info", gettext("Your password is changed. All other devices are logged out."))
            return redirect(url_for("password.edit"))
        case Error(changeset):
            audit.tell("password_change_refused", level=logging.WARNING, user_id=current_user.id)
            return _form(changeset)


def _form(changeset: Changeset[User]) -> ResponseReturnValue:
    return render_template("settings/password.html", form=Form("change", changeset, LABELS))
