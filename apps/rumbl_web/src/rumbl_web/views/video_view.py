"""Words and values for videos."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol
from urllib.parse import urlsplit

from rumbl_core import multimedia
from rumbl_web.gettext import gettext, ngettext, noop, number
from rumbl_web.static_files import rooted

DEMO_URL: Final = "/static/media/demo.webm"
"""Address of the clip that comes with rumbl."""

SEEDED: Final = (noop("Action"), noop("Drama"), noop("Romance"), noop("Comedy"), noop("Sci-fi"))
"""The categories that every site begins with; those that somebody adds have one name for all languages."""


class Category(Protocol):
    """Anything with an id and a name."""

    id: int
    name: str


def category_select_options(categories: Iterable[Category]) -> list[tuple[str, int]]:
    """Name and id of each category, in the order given."""
    return [(category_name(category), category.id) for category in categories]


def category_name(category: Category) -> str:
    """The name in the reader's language."""
    return gettext(category.name)


def notes_text(count: int) -> str:
    """`count` in words: "no notes", "1 note", "2 notes"; what is beyond counting is "over 1000 notes"."""
    if count == 0:
        return gettext("no notes")
    if count > multimedia.MAX_COUNT:
        return gettext("over %(num)s notes", num=number(multimedia.MAX_COUNT))
    return ngettext("%(num)s note", "%(num)s notes", count, num=number(count))


def videos_text(count: int) -> str:
    """The same of videos."""
    if count == 0:
        return gettext("no videos")
    if count > multimedia.MAX_COUNT:
        return gettext("over %(num)s videos", num=number(multimedia.MAX_COUNT))
    return ngettext("%(num)s video", "%(num)s videos", count, num=number(count))


def link_target(url: str | None) -> str | None:
    """`url` if it may become a link: an http(s) address or the demo clip, never `javascript:`."""
    if url == DEMO_URL:
        return rooted(url)
    try:
        return url if url and urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None
