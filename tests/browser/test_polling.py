"""A page in a network that lets no WebSocket through: it polls, and nobody notices a difference."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import add_demo_video, note, post, register, watch
from tests.running import RunningSite

pytestmark = pytest.mark.browser

REFUSED = """window.WebSocket = class extends WebSocket {
  constructor(url) { super(url.replace("/socket/websocket", "/nowhere")); }
}"""
SWALLOWED = """window.WebSocket = class extends EventTarget {
  readyState = 0;
  close() { this.readyState = 3; }
}"""
POLLS = "sessionStorage.getItem('rumbl:polls')"


def polls(page: Page) -> list[str]:
    """The addresses of this page's polls, which grow."""
    found: list[str] = []
    page.on("request", lambda request: "/longpoll" in request.url and found.append(request.url))
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("network", "name"), [(REFUSED, "rita"), (SWALLOWED, "sven")])
def test_a_page_without_websockets_polls(new_page: NewPage, network: str, name: str) -> None:
    polling, usual = new_page(), new_page()
    polling.add_init_script(network)
    asked = polls(polling)
    register(polling, f"{name.title()} Poll", name)
    path = add_demo_video(polling, f"Watched by {name}")

    watch(polling, path)
    watch(usual, path)
    post(polling, "from a page that polls")

    for page in (polling, usual):
        expect(note(page, "from a page that polls")).to_be_visible()
        expect(page.locator("#user-list li")).to_have_count(1)
    assert asked
    before = len(asked)
    watch(polling, path)  # the next page of the tab knows at once
    post(polling, "another one")
    expect(note(usual, "another one")).to_be_visible()
    assert polling.evaluate(POLLS) == "yes"
    assert len(asked) > before


@pytest.mark.timeout(120)
def test_a_page_that_had_a_websocket_waits_for_the_next_one(new_page: NewPage, site: RunningSite) -> None:
    page = new_page()
    asked = polls(page)
    register(page, "Walt Socket", "walt")
    watch(page, add_demo_video(page, "Watched over a restart"))
    post(page, "before the restart")
    expect(note(page, "before the restart")).to_be_visible()

    site.kill()
    site.start()
    post(page, "after the restart")

    expect(note(page, "after the restart")).to_be_visible()
    assert asked == []
    assert page.evaluate(POLLS) is None
