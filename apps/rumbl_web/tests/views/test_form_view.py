from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rumbl_core.changeset import Changeset
from rumbl_web.views.form_view import Form, Problem

STORED = SimpleNamespace(title="stored", category_id=7, url=None)


def form(**judged: Any) -> Form:
    labels = {"title": "Title", "category_id": "Category"}
    return Form("video", Changeset(STORED, **judged), labels, {"category": "category_id"})


def test_what_was_typed_wins_over_the_change_which_wins_over_the_stored() -> None:
    assert form(params={"title": " typed "}, changes={"title": "changed"}).value("title") == " typed "
    assert form(params={"title": ""}).value("title") == ""
    assert form(changes={"title": "changed"}).value("title") == "changed"
    assert form().value("title") == "stored"
    assert form().value("category_id") == "7"
    assert form().value("url") == ""
    assert form(params={"title": {"nested": "x"}}).value("title") == "stored"


def test_a_form_that_was_not_tried_shows_no_errors() -> None:
    untried = form(errors={"title": ["can't be blank"]})

    assert not untried.failed
    assert untried.errors("title") == []
    assert untried.problems == []


def test_a_refused_form_lists_every_error_in_the_order_of_the_page() -> None:
    refused = form(errors={"category": ["does not exist"], "title": ["is odd", "is long"]}, action="insert")

    assert refused.errors("title") == ["is odd", "is long"]
    assert refused.errors("category_id") == ["does not exist"]
    assert refused.problems == [
        Problem("video_title", "Title is odd"),
        Problem("video_title", "Title is long"),
        Problem("video_category_id", "Category does not exist"),
    ]


def test_an_error_of_a_field_that_the_page_does_not_have_is_still_told() -> None:
    refused = form(errors={"slug": ["is invalid"]}, action="insert")

    assert refused.failed
    assert refused.problems == [Problem("video_slug", "Slug is invalid")]
