"""Error pages. The word for a status is all that the book's error view says; around it is a way back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import render_template

EXPLANATIONS: Final = {
    400: "The address or the form had something in it that this page cannot read.",
    403: "You may not do that from here.",
    404: "There is nothing at this address. It may have been deleted, or the link has a typing error.",
    405: "This page exists, but not for what was sent to it.",
    406: "This page is only to be had as HTML.",
    413: "That was more than this page takes: a form may have up to 1 MB.",
    503: "The site is too busy or its database is away. Nothing is lost; try again in a moment.",
    500: "Something broke on our side. It is written down and we will look into it.",
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
    why = explanation or EXPLANATIONS.get(status, "")
    return render_template(
        "error/page.html", status=status, phrase=phrase(status), explanation=why, request_id=request_id
    )
