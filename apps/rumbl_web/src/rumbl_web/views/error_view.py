"""Error pages. The word for a status is all that the book's error view says; around it is a way back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import render_template

from rumbl_web.gettext import gettext, noop

EXPLANATIONS: Final = {
    400: noop("The address or the form had something in it that this page cannot read."),
    403: noop("You may not do that from here."),
    404: noop("There is nothing at this address. It may have been deleted, or the link has a typing error."),
    405: noop("This page exists, but not for what was sent to it."),
    406: noop("This page is only to be had as HTML."),
    413: noop("That was more than this page takes: a form may have up to 1 MB."),
    503: noop("The site is too busy or its database is away. Nothing is lost; try again in a moment."),
    500: noop("Something broke on our side. It is written down and we will look into it."),
}
# Every phrase that we may have to say; the rest of the standard's stay English.
PHRASES: Final = {
    400: noop("Bad Request"),
    403: noop("Forbidden"),
    404: noop("Not Found"),
    405: noop("Method Not Allowed"),
    406: noop("Not Acceptable"),
    408: noop("Request Timeout"),
    409: noop("Conflict"),
    413: noop("Request Entity Too Large"),
    415: noop("Unsupported Media Type"),
    429: noop("Too Many Requests"),
    500: noop("Internal Server Error"),
    503: noop("Service Unavailable"),
}


def phrase(status: int) -> str:
    """The standard phrase of `status`: 404 is "Not Found". An unknown one counts as 500."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return HTTPStatus.INTERNAL_SERVER_ERROR.phrase


def render(template: str) -> str:
    """Body of an error template without a page around it: "404.html" is "Not Found"."""
    status = template.partition(".")[0]
    return phrase(int(status) if status.isdecimal() else 500)


def page(status: int, explanation: str | None, request_id: str) -> str:
    """A whole page that needs neither layout nor user nor database."""
    why = gettext(explanation or EXPLANATIONS[status]) if explanation or status in EXPLANATIONS else ""
    return render_template(
        "error/page.html",
        status=status,
        phrase=gettext(phrase(status)),
        explanation=why,
        request_id=request_id,
    )
