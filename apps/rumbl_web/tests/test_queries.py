"""Pages ask the database as often for many rows as for one. The lists are those of the route table."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from rumbl_core import multimedia
from rumbl_core.multimedia import Category
from rumbl_core.testing import Sandbox, annotation_fixture, user_fixture, video_fixture
from rumbl_web import router
from rumbl_web.controllers import gallery_controller
from rumbl_web.testing import Client, html_response

from .conftest import QueryCounter

LISTS = [route for route in router.ROUTES if route.lists]
# Statements of a page besides the one that finds the user of the session.
COSTS = {"gallery.category": 2}  # the category itself; every other list is one statement
MANY = gallery_controller.PAGE + 3


QUERIES = ["", "?q=a&sort=title", "?sort=name", "?after=9223372036854775807:zz"]
Statements = dict[tuple[str, str], list[str]]
"""What a page asks the database, by the route's name and the query."""


@pytest.fixture(scope="module")
def costs(
    count_all_queries: QueryCounter, lasting_sandbox: Sandbox, rumbl_site: tuple[Flask, list[str]]
) -> tuple[Statements, Statements]:
    """Every list with one row of everything, and with more than a page."""
    owner = user_fixture(name="Ana", username="ana")
    category = multimedia.create_category_or_raise("Drama")
    browser = rumbl_site[0].test_client()
    assert isinstance(browser, Client)
    browser.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})
    annotation_fixture(owner, video_fixture(owner, title="a", category_id=category.id))
    with_one = look(browser, category, count_all_queries)

    for number in range(MANY):
        other = user_fixture(name=f"a {number}")
        video = video_fixture(owner, title=f"a {number}", category_id=category.id)
        annotation_fixture(other, video)
        multimedia.create_category_or_raise(f"a {number}")
    return with_one, look(browser, category, count_all_queries)


def look(browser: Client, category: Category, count: QueryCounter) -> Statements:
    """Look at every list in every way."""
    made: Statements = {}
    for route, query in itertools.product(LISTS, QUERIES):
        with count() as made[route.name, query]:
            html_response(browser.get(route.path.replace("<id>", str(category.id)) + query))
    return made


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
def test_a_list_costs_the_same_with_one_row_as_with_a_full_page(
    costs: tuple[Statements, Statements], route: router.Route, query: str
) -> None:
    with_one, with_many = (statements[route.name, query] for statements in costs)

    assert len(with_many) == len(with_one), with_many
    first_page_again = 1 if "after" in query else 0  # where a cursor leads to nothing
    assert len(with_one) <= 1 + COSTS.get(route.name, 1) + first_page_again, with_one


def test_every_list_is_walked() -> None:
    assert {route.name for route in LISTS} >= {
        "page.index", "user.index", "video.index", "gallery.index", "gallery.categories", "gallery.category"
    }  # fmt: skip
    assert COSTS.keys() <= {route.name for route in LISTS}
