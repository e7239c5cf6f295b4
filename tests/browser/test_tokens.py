"""A watch page whose token is no longer good: it gets another by itself, or says what to do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import post, register

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


@pytest.mark.timeout(120)
def test_a_changed_password_cuts_no_page_of_the_same_browser_off(new_page: NewPage) -> None:
    page = new_page()
    register(page, "Pia Password", "pia")
    tabs = [page.context.new_page() for _ in range(2)]
    tabs[1].add_init_script("sessionStorage.setItem('rumbl:polls', 'yes')")
    for tab in tabs:
        tab.goto("/watch/1")
        expect(tab.locator(STATE)).to_have_text("Live", timeout=PATIENTLY)
    requests = [fetched(tab) for tab in tabs]

    page.goto("/settings/password")
    page.get_by_label("Your password").fill("supersecret")
    page.get_by_label("New password").fill("quite another sentence")
    page.locator("main").get_by_role("button").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()

    for tab, asked in zip(tabs, requests, strict=True):
        post(tab, "written with the new password")
        expect(tab.locator(STATE)).to_have_text("Live", timeout=PATIENTLY)
        assert asked == ["fetch"], "it fetched a fresh token, and was not loaded again"
    expect(tabs[0].locator(".note-body", has_text="written with the new password")).to_have_count(2)


def fetched(page: Page) -> list[str]:
    """How the page asks for its own address from now on."""
    found: list[str] = []
    page.on(
        "request", lambda request: request.url.endswith("/watch/1") and found.append(request.resource_type)
    )
    return found
