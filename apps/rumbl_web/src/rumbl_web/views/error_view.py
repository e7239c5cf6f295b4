"""Error pages. The word for a status is all that the book's error view says; around it is what to do next."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template

from rumbl_web.bare_page import phrase
from rumbl_web.gettext import gettext, ngettext, noop

TITLES: Final = {
    400: noop("Bad Request"),
    401: noop("Unauthorized"),
    403: noop("Forbidden"),
    404: noop("Not Found"),
    405: noop("Method Not Allowed"),
    406: noop("Not Acceptable"),
    408: noop("Request Timeout"),
    409: noop("Conflict"),
    410: noop("Gone"),
    413: noop("Request Entity Too Large"),
    415: noop("Unsupported Media Type"),
    429: noop("Too Many Requests"),
    500: noop("Internal Server Error"),
    503: noop("Service Unavailable"),
}
"""The phrases of those that people see, to be translated. Programs get the phrase as it is."""
EXPLANATIONS: Final = {
    400: noop(
        "The address or the form had something in it that this page cannot read. Go back and try again."
    ),
    401: noop("Log in first, then try again."),
    403: noop("You may not do that from here."),
    404: noop("There is nothing at this address. It may have been deleted, or the link has a typing error."),
    405: noop(
        "This page exists, but not for what was sent to it. Follow a link or send a form to get there."
    ),
    406: noop("This page is only to be had as HTML."),
    408: noop("Your request took too long to arrive. Check your connection and try again."),
    409: noop("Somebody else changed this at the same time. Go back, reload the page and try again."),
    410: noop("This was here once, but is gone for good."),
    413: noop("That was more than this page takes: a form may have up to 1 MB. Go back and send less."),
    414: noop("The address is too long. Check the link, or start from the home page."),
    415: noop("The site does not take this kind of file or data. Go back and send something else."),
    429: noop("You have asked too often in a short time. Wait a little, then try again."),
    500: noop(
        "Something broke on our side. It is written down and we will look into it. Try again in a while."
    ),
    503: noop("The site is too busy or its database is away. Nothing is lost; try again in a moment."),
}
OTHERS: Final = {4: noop("The site cannot do what was asked. Go back and try again."), 5: EXPLANATIONS[500]}


def render(template: str) -> str:
    """Body of an error template without a page around it: "404.html" is "Not Found"."""
    status = template.partition(".")[0]
    return phrase(int(status) if status.isdecimal() else 500)


def explanation(status: int, retry_after_s: int | None = None) -> str:
    """What a person should know about `status`, and do, in the reader's language."""
    if status == 429 and retry_after_s is not None:
        return too_often(retry_after_s)
    return gettext(EXPLANATIONS.get(status) or OTHERS.get(status // 100, OTHERS[5]))


def too_often(wait_s: int) -> str:
    """How long to wait after too many questions, in the unit that fits, rounded up."""
    if wait_s > 7200:
        return ngettext(
            "You have asked too often in a short time. Try again in an hour.",
            "You have asked too often in a short time. Try again in %(num)d hours.",
            -(-wait_s // 3600),
        )
    if wait_s > 120:
        return ngettext(
            "You have asked too often in a short time. Try again in a minute.",
            "You have asked too often in a short time. Try again in %(num)d minutes.",
            -(-wait_s // 60),
        )
    return ngettext(
        "You have asked too often in a short time. Try again in a second.",
        "You have asked too often in a short time. Try again in %(num)d seconds.",
        wait_s,
    )


def page(
    status: int, text: str, request_id: str, *, may_repeat: bool = False, back: str | None = None
) -> str:
    """A whole page that needs neither layout nor user nor database.

    It leads on: to the same address again if that `may_repeat`, else `back` to where the request came from.
    """
    return render_template(
        "error/page.html",
        status=status,
        title=gettext(TITLES.get(status) or phrase(status)),
        text=text,
        request_id=request_id,
        may_repeat=may_repeat,
        back=back,
    )


def document(status: int, text: str, request_id: str) -> dict[str, Any]:
    """The same for a program: Phoenix's `errors`, within a problem of RFC 9457."""
    return {
        "status": status,
        "title": phrase(status),
        "detail": text,
        "errors": {"detail": phrase(status)},
        "request_id": request_id,
    }
