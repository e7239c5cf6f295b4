from __future__ import annotations

import pytest
from flask import Flask, render_template

from rumbl_core import multimedia, seeds
from rumbl_core.listing import Page
from rumbl_core.multimedia import Category, Video
from rumbl_web import gettext
from rumbl_web.controllers.video_controller import LABELS, SORTS
from rumbl_web.pagination import Listed
from rumbl_web.views import video_view
from rumbl_web.views.form_view import Form
from rumbl_web.views.video_view import (
    category_name,
    category_select_options,
    link_target,
    notes_text,
    videos_text,
)

BARE = "layout/bare.html"


@pytest.mark.spec("T32", "renders index.html")
def test_renders_index_html(app: Flask) -> None:
    """Two unsaved videos, no layout, nobody logged in."""
    videos = [Video(id=1, title="dogs"), Video(id=2, title="cats")]
    with app.test_request_context("/"):
        page = render_template("video/index.html", layout=BARE, list=Listed(Page(videos), "/", SORTS))

    assert "Listing Videos" in page
    for video in videos:
        assert video.title in page
    assert "<html" not in page


@pytest.mark.spec("T33", "renders new.html")
def test_renders_new_html(app: Flask) -> None:
    """An empty changeset and one category."""
    form = Form("video", multimedia.change_video(Video()), LABELS)
    options = category_select_options([Category(id=123, name="cats")])
    with app.test_request_context("/"):
        page = render_template("video/new.html", layout=BARE, form=form, options=options, video=None)

    assert "New Video" in page
    assert '<option value="123">cats</option>' in page


def test_options_are_name_and_id() -> None:
    categories = [Category(id=1, name="Action"), Category(id=2, name="Drama")]

    assert category_select_options(categories) == [("Action", 1), ("Drama", 2)]


def test_the_seeded_categories_have_a_name_in_every_language() -> None:
    assert set(seeds.CATEGORIES) == set(video_view.SEEDED)
    with gettext.speaking("de"):
        assert category_select_options([Category(id=4, name="Comedy")]) == [("Komödie", 4)]
        assert category_name(Category(id=9, name="100 % otters <b>")) == "100 % otters <b>"


@pytest.mark.parametrize(("count", "text"), [(0, "no notes"), (1, "1 note"), (2, "2 notes")])
def test_notes_are_counted_in_words(count: int, text: str) -> None:
    assert notes_text(count) == text


def test_what_is_beyond_counting_is_said_to_be() -> None:
    assert notes_text(multimedia.MAX_COUNT) == "1,000 notes"
    assert notes_text(multimedia.MAX_COUNT + 1) == "over 1,000 notes"
    assert [videos_text(count) for count in (0, 1, 2, 1001)] == [
        "no videos", "1 video", "2 videos", "over 1,000 videos",
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["http://x", "https://x/y", "/static/media/demo.webm"])
def test_a_web_address_and_the_demo_clip_may_be_links(url: str) -> None:
    assert link_target(url) == url


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", " javascript:x", "//x", "ftp://x", "x", "http://[x"]
)
def test_nothing_else_becomes_a_link(url: str | None) -> None:
    assert link_target(url) is None
