"""What mails say, in the language in use."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from rumbl_web.gettext import gettext
from rumbl_web.mail import Mail
from rumbl_web.mailer import EXTENSION, Mailer


def mailer() -> Mailer:
    """The mailer of this site."""
    found: Mailer = current_app.extensions[EXTENSION]
    return found


def link_start(endpoint: str) -> str:
    """The address of a page whose path ends with a token, as far as that.

    It begins with the site's public address. A Host header proves nothing, so it may only speak for it where
    no mail reaches anybody.
    """
    origin: str | None = current_app.config.get("RUMBL_ORIGIN")
    if origin is None and mailer().real:
        raise RuntimeError("a site without RUMBL_URL must not send mails with links")
    place: dict[str, Any] = {"token": "-"}
    path = url_for(endpoint, **place).removesuffix("-")
    return (origin or request.host_url.rstrip("/")) + path


def reset_mail(username: str, address: str, url: str) -> Mail:
    """The way to a new password."""
    return _mail(
        address,
        gettext("Your new password for rumbl"),
        gettext("Hello %(username)s,", username=username),
        gettext(
            "somebody, hopefully you, wants to set a new password for your account. Open this page for it:"
        ),
        url,
        gettext(
            "The link works once, for an hour. If it was not you, do nothing: your password stays as it is."
        ),
    )


def confirmation_mail(username: str, address: str, url: str) -> Mail:
    """The question whether an address is really theirs."""
    return _mail(
        address,
        gettext("Confirm your mail address for rumbl"),
        gettext("Hello %(username)s,", username=username),
        gettext("please confirm on this page that this is the mail address of your account:"),
        url,
        gettext("The link works once, for 7 days. If you have no account on rumbl, do nothing."),
    )


def address_changed_mail(username: str, address: str) -> Mail:
    """To the address that an account had before."""
    return _mail(
        address,
        gettext("Your mail address for rumbl was changed"),
        gettext("Hello %(username)s,", username=username),
        gettext("your account has another mail address now. This one gets no more mails."),
        gettext("If it was not you, somebody knows your password: write to whoever runs this site."),
    )


def address_removed_mail(username: str, address: str) -> Mail:
    """To the address that an account had."""
    return _mail(
        address,
        gettext("Your mail address for rumbl was removed"),
        gettext("Hello %(username)s,", username=username),
        gettext("your account has no mail address any more. This one gets no more mails."),
        gettext("If it was not you, somebody knows your password: write to whoever runs this site."),
    )


def password_changed_mail(username: str, address: str) -> Mail:
    """After a reset."""
    return _mail(
        address,
        gettext("Your password for rumbl was changed"),
        gettext("Hello %(username)s,", username=username),
        gettext("your account has a new password, and every device was logged out."),
        gettext("If it was not you, somebody reads your mails: write to whoever runs this site."),
    )


def _mail(to: str, subject: str, *paragraphs: str) -> Mail:
    return Mail(to, subject, "\n\n".join(paragraphs))
