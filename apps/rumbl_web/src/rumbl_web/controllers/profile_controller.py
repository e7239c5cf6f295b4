"""The name and username of the user who is logged in."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.result import Error, Ok
from rumbl_web import flash, params
from rumbl_web.controllers.user_controller import LABELS
from rumbl_web.gettext import gettext
from rumbl_web.views.form_view import Form


def edit(current_user: User) -> ResponseReturnValue:
    """The form, filled."""
    return _form(accounts.change_user(current_user))


def update(current_user: User) -> ResponseReturnValue:
    """Store what changed, or show the form again."""
    match accounts.update_profile(current_user, params.required("profile")):
        case Ok(_):
            flash.put("info", gettext("Your profile is saved."))
            return redirect(url_for("profile.edit"))
        case Error(changeset):
            return _form(changeset)


def _form(changeset: Changeset[User]) -> ResponseReturnValue:
    labels = {name: LABELS[name] for name in ("name", "username")}
    return render_template("settings/profile.html", form=Form("profile", changeset, labels))
