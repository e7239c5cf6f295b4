"""The mail address of an account: asked for in the settings, confirmed by a link, removed by the password."""

from __future__ import annotations

from typing import Final

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.result import Error, Ok
from rumbl_web import audit, auth, flash, params, turnstile
from rumbl_web.gettext import gettext, noop
from rumbl_web.mailed_link import MailedLink
from rumbl_web.views import mail_view
from rumbl_web.views.form_view import Form

LABELS: Final = {"email": noop("Mail address"), "current_password": noop("Your password")}
REMOVAL_LABELS: Final = {"current_password": noop("Your password")}
SENT: Final = noop("A mail is on its way to %(address)s. Open the link in it.")
USELESS: Final = noop("This link does not work any more. Ask for another in your settings.")
TOO_MANY: Final = noop("That was too many mails. Try again in an hour.")
TAKEN: Final = noop("Another account has this mail address already.")
_LINK: Final = MailedLink("mail_token", "mail.ask")


def edit(current_user: User) -> ResponseReturnValue:
    """The address, the one that waits, and the form for another."""
    return _form(current_user, accounts.change_mail(current_user))


def update(current_user: User) -> ResponseReturnValue:
    """Send a link to the new address; until it is opened nothing changes."""
    fields = params.required("user")
    if not mail_view.mailer().sends:
        abort(404)
    if wait_s := turnstile.allow("resend"):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(edit(current_user), wait_s)
    if wait_s := turnstile.begin_log_in(current_user.username):  # the password could be guessed here too
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(edit(current_user), wait_s)
    with turnstile.judging(current_user.username) as judged:
        answer = judged("current_password", accounts.request_mail(current_user, fields))
    match answer:
        case Ok(link):
            return _sent(link)
        case Error(changeset):
            return _form(current_user, changeset)


def delete(current_user: User) -> ResponseReturnValue:
    """Take the address away, and the one that waits; also on a site that sends no mail any more."""
    fields = params.required("removal")
    if wait_s := turnstile.begin_log_in(current_user.username):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(edit(current_user), wait_s)
    with turnstile.judging(current_user.username) as judged:
        answer = judged("current_password", accounts.remove_mail(current_user, fields))
    match answer:
        case Ok(before):
            return _removed(current_user, before)
        case Error(changeset):
            return _form(current_user, accounts.change_mail(current_user), changeset)


def again(current_user: User) -> ResponseReturnValue:
    """Send the link once more."""
    if not mail_view.mailer().sends:
        abort(404)
    if wait_s := turnstile.allow("resend"):
        flash.put("error", turnstile.words(wait_s))
        return turnstile.wait(edit(current_user), wait_s)
    match accounts.request_mail_again(current_user):
        case Ok(link):
            return _sent(link)
        case Error(reason):
            refusal = TOO_MANY if reason == "too_many" else USELESS
            flash.put("error", gettext(refusal))
            return redirect(url_for("mail.edit"))


def open(token: str) -> ResponseReturnValue:
    """Remember the token of a mailed link and go on to a page without it in its address."""
    return _LINK.open(token)


def ask() -> ResponseReturnValue:
    """The button that confirms: a program that opens links does not press it."""
    found = _of_token()
    return _useless() if found is None else render_template("mail/ask.html", owner=found[0], address=found[1])


def confirm() -> ResponseReturnValue:
    """The address is the account's."""
    if _of_token() is None:
        return _useless()
    token = _LINK.token()
    _LINK.forget()
    match accounts.confirm_mail(token):
        case Ok(confirmed):
            _tell(confirmed)
            flash.put("info", gettext("Your mail address is confirmed."))
            return redirect(url_for("mail.edit" if auth.current_user() else "page.index"))
        case Error("taken"):
            flash.put("error", gettext(TAKEN))
            return redirect(url_for("page.index"))
        case Error(_):
            return _useless()


def _of_token() -> tuple[User, str] | None:
    """Whose link it is; nobody's while somebody else is logged in here."""
    found = accounts.mail_of_token(_LINK.token())
    somebody = auth.current_user()
    return None if found and somebody and somebody != found[0] else found


def _tell(confirmed: accounts.Confirmed) -> None:
    audit.tell("mail_confirmed", user_id=confirmed.user.id)
    if confirmed.before is not None:
        mailer = mail_view.mailer()
        mailer.later(mailer.send, mail_view.address_changed_mail(confirmed.user.username, confirmed.before))


def _sent(link: accounts.Link) -> ResponseReturnValue:
    mailer, url = mail_view.mailer(), f"{mail_view.link_start('mail.open')}{link.token}"
    mailer.later(mailer.send, mail_view.confirmation_mail(link.user.username, link.address, url))
    audit.tell("mail_requested", user_id=link.user.id)
    flash.put("info", gettext(SENT, address=link.address))
    return redirect(url_for("mail.edit"))


def _removed(user: User, before: str | None) -> ResponseReturnValue:
    audit.tell("mail_removed", user_id=user.id)
    if before is not None:
        mailer = mail_view.mailer()
        mailer.later(mailer.send, mail_view.address_removed_mail(user.username, before))
    flash.put("info", gettext("Your account has no mail address any more."))
    return redirect(url_for("mail.edit"))


def _useless() -> ResponseReturnValue:
    _LINK.forget()
    flash.put("error", gettext(USELESS))
    return redirect(url_for("page.index"))


def _form(
    user: User, changeset: Changeset[User], removal: Changeset[User] | None = None
) -> ResponseReturnValue:
    return render_template(
        "settings/mail.html",
        form=Form("user", changeset, LABELS),
        removal=Form("removal", removal or accounts.change_mail(user), REMOVAL_LABELS),
        address=user.email,
        pending=accounts.pending_mail(user),
        sends=mail_view.mailer().sends,
    )
