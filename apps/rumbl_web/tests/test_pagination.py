from __future__ import annotations

import pytest
from flask import Flask

from rumbl_core.listing import Ask, Page
from rumbl_web.pagination import Listed, asked

SORTS = {"newest": "Newest", "title": "Title"}


def test_the_address_says_what_is_asked_for(app: Flask) -> None:
    with app.test_request_context("/videos?q=otters&sort=title&after=12:ott&before=7&other=x"):
        assert asked(24) == Ask(24, "otters", "title", "12:ott", "7")
    with app.test_request_context("/videos"):
        assert asked(24) == Ask(24)


def test_a_page_alone_leads_nowhere() -> None:
    page = Listed(Page([1], sort="newest"), "/videos", SORTS)
    assert (page.next, page.previous, page.cleared) == (None, None, "/videos")


def test_links_keep_the_search_and_the_order() -> None:
    page = Listed(Page([1], "a&b=c é", "title", previous="7", next="12:ott er"), "/videos", SORTS)
    assert page.next == "/videos?q=a%26b%3Dc+%C3%A9&sort=title&after=12:ott+er"
    assert page.previous == "/videos?q=a%26b%3Dc+%C3%A9&sort=title&before=7"
    assert page.cleared == "/videos?sort=title"


def test_the_usual_order_is_not_named() -> None:
    assert Listed(Page([1], sort="newest", next="3"), "/videos", SORTS).next == "/videos?after=3"


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff", "after=%00", "sort=%F0%9F", "q[]=x", "after=" + "9" * 999]
)
def test_a_strange_address_is_read_without_a_fault(app: Flask, query: str) -> None:
    with app.test_request_context(f"/videos?{query}"):
        assert asked(24).size == 24
