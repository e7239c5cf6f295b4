"""A lost password: a link by mail, a form for the new one.

Who asks is always told the same, after the same time: whether there is such an account is found out later, on
another thread.
"""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.result import Error, Ok
from rumbl_web import audit, auth, flash, params, turnstile
from rumbl_web.gettext import gettext, language, noop, speaking
from rumbl_web.mailed_link import MailedLink
from rumbl_web.mailer import Mailer
from rumbl_web.views import mail_view
from rumbl_web.views.form_view import Form

LABELS: Final = {"password": noop("New password")}
ASKED: Final = noop(
    "If there is an account with a confirmed mail address, a mail is on its way. Look into your mailbox."
)
USELESS: Final = noop("This link does not work any more. Ask for a new one.")
_LINK: Final = MailedLink("reset_token", "reset.edit")


def new() -> ResponseReturnValue:
    """The form that asks whose password it is."""
    return _new()


def create() -> ResponseReturnValue:
    """Send a link to whoever it is, if it is anybody."""
    login = params.text(params.required("reset"), "login")
    if wait_s := turnstile.allow("reset"):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(_new(login), wait_s)
    mailer = mail_view.mailer()
    if not mailer.sends:
        return _new()
    mailer.later(_send_link, mailer, login, language(), mail_view.link_start("reset.open"))
    flash.put("info", gettext(ASKED))
    return redirect(url_for("session.new"))


def open(token: str) -> ResponseReturnValue:
    """Remember the token of a mailed link and go on to a page without it in its address."""
    return _LINK.open(token)


def edit() -> ResponseReturnValue:
    """The form for the new password."""
    user = accounts.user_of_reset(_LINK.token())
    return _useless() if user is None else _form(accounts.change_password_reset(user))


def update() -> ResponseReturnValue:
    """Set it, and end every session of the account."""
    fields = params.required("user")
    match accounts.reset_password(_LINK.token(), fields):
        case Ok(reset):
            _forget(reset)
            flash.put("info", gettext("Your password is set. Log in with it."))
            return redirect(url_for("session.new"))
        case Error("invalid"):
            return _useless()
        case Error(changeset):
            return _form(changeset)  # type: ignore[arg-type]  # mypy does not take "invalid" out of the union


def _forget(reset: accounts.Reset) -> None:
    _LINK.forget()
    audit.tell("password_reset", user_id=reset.user.id)
    auth.disconnect(reset.ended)
    if reset.user.email is not None:
        mailer = mail_view.mailer()
        mailer.later(mailer.send, mail_view.password_changed_mail(reset.user.username, reset.user.email))


def _send_link(mailer: Mailer, login: str, code: str, link_start: str) -> None:
    """On another thread: find out who it is, and write to them."""
    match accounts.request_password_reset(login):
        case Ok(link):
            with speaking(code):
                url = f"{link_start}{link.token}"
                mailer.send(mail_view.reset_mail(link.user.username, link.address, url))
        case Error(reason):
            audit.tell("reset_refused", reason=reason)


def _useless() -> ResponseReturnValue:
    _LINK.forget()
    flash.put("error", gettext(USELESS))
    return redirect(url_for("reset.new"))


def _new(login: str = "") -> ResponseReturnValue:
    return render_template("reset/new.html", login=login, sends=mail_view.mailer().sends)


def _form(changeset: Changeset[User]) -> ResponseReturnValue:
    return render_template("reset/edit.html", form=Form("user", changeset, LABELS), owner=changeset.data)
