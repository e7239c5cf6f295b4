"""A watch page whose token is no longer good: it gets another by itself, or says what to do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import register

pytestmark = pytest.mark.browser

STATE = "#connection-state"
PATIENTLY = 40_000  # ms: the page tries a few times, a second or so apart, before it asks why


def spoil_tokens(page: Page, first: int) -> list[str]:
    """Give the page tokens that the server refuses, as it does after 14 days: the `first` times it loads."""
    loads: list[str] = []

    def spoil(route: Route) -> None:
        answer = route.fetch()
        loads.append(route.request.resource_type)
        text = answer.text()
        if len(loads) <= first:
            text = re.sub(r'("userToken": ")[^"]*"', r'\1expired"', text)
        route.fulfill(response=answer, body=text)

    page.route(re.compile(r"/watch/1$"), spoil)
    return loads


@pytest.mark.parametrize("member", [True, False], ids=["member", "guest"])
def test_an_expired_token_is_replaced_without_a_word(new_page: NewPage, member: bool) -> None:
    page = new_page()
    if member:
        register(page, "Tia Tokens", "tia")
    loads = spoil_tokens(page, first=1)

    page.goto("/watch/1")

    expect(page.locator(STATE)).to_have_text("Live", timeout=PATIENTLY)
    assert loads == ["document", "fetch"]


def test_who_gets_no_good_token_is_told_to_reload_and_can(new_page: NewPage) -> None:
    page = new_page()
    loads = spoil_tokens(page, first=3)

    page.goto("/watch/1")

    expect(page.locator(STATE)).to_contain_text("Please reload this page", timeout=PATIENTLY)
    page.locator(STATE).get_by_role("button", name="Reload").click()
    expect(page.locator(STATE)).to_have_text("Live", timeout=PATIENTLY)
    assert loads.count("document") == 2
