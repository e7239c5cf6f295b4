"""What there is to watch, for everybody: all videos, the categories, the videos of one."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import multimedia
from rumbl_web.gettext import noop
from rumbl_web.pagination import Listed, asked
from rumbl_web.views.addresses import category_path

PAGE: Final = 24
CATEGORIES: Final = 50
SORTS: Final = {
    "newest": noop("Newest first"),
    "oldest": noop("Oldest first"),
    "title": noop("Title, A to Z"),
}
CATEGORY_SORTS: Final = {"name": noop("Name, A to Z"), "newest": noop("Newest first")}


def index() -> ResponseReturnValue:
    """All videos, the newest first, a page at a time."""
    page = multimedia.list_videos_page(asked(PAGE))
    return render_template("gallery/index.html", list=Listed(page, url_for("gallery.index"), SORTS))


def categories() -> ResponseReturnValue:
    """The categories, each with its number of videos."""
    page = multimedia.list_categories_page(asked(CATEGORIES))
    listed = Listed(page, url_for("gallery.categories"), CATEGORY_SORTS)
    return render_template("gallery/categories.html", list=listed)


def category(id: str) -> ResponseReturnValue:
    """The videos of one category; as of a video, only the number at the beginning of its address counts."""
    found = multimedia.get_category_or_raise(id)
    page = multimedia.list_videos_page(asked(PAGE), found)
    listed = Listed(page, category_path(found), SORTS)
    return render_template("gallery/category.html", category=found, list=listed)
