"""The end of an account: what goes with it, and the form that asks twice."""

from __future__ import annotations

import logging
from typing import Final

from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts, departure
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.departure import Departed
from rumbl_core.result import Error, Ok
from rumbl_web import audit, auth, flash, params, turnstile
from rumbl_web.gettext import gettext, noop
from rumbl_web.views.form_view import Form

LABELS: Final = {"confirmation": noop("Your username"), "password": noop("Your password")}


def show(current_user: User) -> ResponseReturnValue:
    """Say what would be deleted."""
    return _form(current_user, accounts.change_user(current_user))


def delete(current_user: User) -> ResponseReturnValue:
    """Delete the user with what belongs to it, or show the form again."""
    fields = params.required("account")
    if wait_s := turnstile.begin_log_in(current_user.username):
        flash.put("error", turnstile.words(wait_s))
        page = _form(current_user, accounts.change_user(current_user))
        return turnstile.wait(page, wait_s)
    with turnstile.judging(current_user.username) as judged:
        answer = judged("password", departure.delete_account(current_user, fields))
    match answer:
        case Ok(departed):
            _tell(departed, current_user)
            auth.log_out()
            audit.tell("account_deleted", user_id=current_user.id, videos=len(departed.videos))
            flash.put("info", gettext("Your account is deleted."))
            return redirect(url_for("page.index"))
        case Error(changeset):
            audit.tell("account_deletion_refused", level=logging.WARNING, user_id=current_user.id)
            return _form(current_user, changeset)


def _tell(departed: Departed, user: User) -> None:
    auth.disconnect(departed.sessions)
    live = current_app.extensions["rumbl_web"]
    for video_id in departed.videos:
        live.video_deleted(video_id)
    for video_id, removals in departed.noted.items():
        live.notes_removed(video_id, user.id, removals)


def _form(user: User, changeset: Changeset[User]) -> ResponseReturnValue:
    belongings = departure.belongings(user)
    form = Form("account", changeset, LABELS)
    return render_template("settings/account.html", form=form, belongings=belongings)
