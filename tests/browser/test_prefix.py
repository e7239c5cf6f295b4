"""A site that lives below the root of its host, in a real browser: scripts, styles, forms, socket, player."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import clip, note, post
from tests.running import RunningSite, eventually, started_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site(RUMBL_URL="http://127.0.0.1/rumbl") as running:
        yield running


@pytest.mark.timeout(120)
def test_a_visitor_registers_watches_and_posts(new_page: NewPage) -> None:
    page = new_page()
    failed: list[str] = []

    def look(response: Response) -> None:
        if response.status >= 400:
            failed.append(response.url)

    page.on("response", look)
    page.goto("/rumbl/users/new")
    page.get_by_label("Name", exact=True).fill("Petra Fix")
    page.get_by_label("Username", exact=True).fill("petra")
    page.get_by_label("Password", exact=True).fill("supersecret")
    page.get_by_role("button", name="Create User").click()
    expect(page.get_by_text("Petra Fix created!")).to_be_visible()

    page.goto("/rumbl/watch/1")
    expect(page.locator("#connection-state")).to_contain_text(re.compile("live", re.IGNORECASE))
    eventually(lambda: clip(page, "v.readyState >= 1"))
    post(page, "below the root")

    expect(note(page, "below the root")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    assert page.url.startswith(page.evaluate("location.origin") + "/rumbl/")
    assert failed == []
