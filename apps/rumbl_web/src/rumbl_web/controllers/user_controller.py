"""People: who is here, and how to become one of them."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.result import Error, Ok
from rumbl_web import auth, flash, params, turnstile
from rumbl_web.gettext import gettext, noop
from rumbl_web.pagination import Listed, asked
from rumbl_web.views.form_view import Form

PAGE: Final = 50
SORTS: Final = {"oldest": noop("Oldest first"), "newest": noop("Newest first"), "name": noop("Name, A to Z")}
LABELS: Final = {"name": noop("Name"), "username": noop("Username"), "password": noop("Password")}


def index(_current_user: User) -> ResponseReturnValue:
    """Everybody with an account, a page at a time."""
    page = accounts.list_users_page(asked(PAGE))
    return render_template("user/index.html", list=Listed(page, url_for("user.index"), SORTS))


def show(_current_user: User, id: str) -> ResponseReturnValue:
    """One of them."""
    return render_template("user/show.html", user=accounts.get_user_or_raise(id))


def new() -> ResponseReturnValue:
    """The registration form."""
    changeset = accounts.change_registration(User(), {})
    return _form(changeset, auth.local_path(request.args.get("next")))


def create() -> ResponseReturnValue:
    """Register and log in at once, or show the form again."""
    next_path = auth.local_path(request.form.get("next"))
    fields = params.required("user")
    if wait_s := turnstile.allow("register"):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(_form(accounts.change_user(User(), fields), next_path), wait_s)
    match accounts.register_user(fields):
        case Ok(user):
            auth.log_in(user)
            flash.put("info", gettext("%(name)s created!", name=user.name))
            return redirect(next_path or url_for("user.index"))
        case Error(changeset):
            return _form(changeset, next_path)


def _form(changeset: Changeset[User], next_path: str | None) -> ResponseReturnValue:
    return render_template("user/new.html", form=Form("user", changeset, LABELS), next_path=next_path)
