"""Log in and log out."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.result import Error, Ok
from rumbl_web import auth, flash, params, turnstile
from rumbl_web.gettext import gettext, noop

# One text for a wrong password and an unknown name: it tells nobody who has an account.
REFUSED: Final = noop("Invalid username/password combination")


def new() -> ResponseReturnValue:
    """The login form."""
    return _form(next_path=auth.local_path(request.args.get("next")))


def create() -> ResponseReturnValue:
    """Log in and go on, or show the form again with the username kept. Too many wrong tries have to wait."""
    fields = params.required("session")
    username, password = params.text(fields, "username"), params.text(fields, "password")
    next_path = auth.local_path(request.form.get("next"))
    if wait_s := turnstile.begin_log_in(username):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(_form(username, next_path), wait_s)
    with turnstile.judging(username):
        answer = accounts.authenticate_by_username_and_pass(username, password)
    match answer:
        case Ok(user):
            turnstile.log_in_succeeded(username)
            auth.log_in(user)
            flash.put("info", gettext("Welcome back!"))
            return redirect(next_path or url_for("page.index"))
        case Error(reason):
            turnstile.log_in_refused(reason)
            flash.put("error", gettext(REFUSED))
            return _form(username, next_path)


def delete(id: str) -> ResponseReturnValue:
    """Log out whoever asks; the id says nothing."""
    auth.log_out()
    return redirect(url_for("page.index"))


def _form(username: str = "", next_path: str | None = None) -> ResponseReturnValue:
    return render_template("session/new.html", username=username, next_path=next_path)
