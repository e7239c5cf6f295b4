"""The site in its languages: chosen without JavaScript, live parts included, and right to left in Arabic."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage

pytestmark = pytest.mark.browser

SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}


def register(page: Page, name: str, username: str) -> None:
    """By ids: the labels are in the language of the page."""
    page.goto("/users/new")
    for field, text in (("name", name), ("username", username), ("password", "supersecret")):
        page.fill(f"#user_{field}", text)
    page.click("form.panel button")
    page.wait_for_url("**/users")


def overflow(page: Page) -> int:
    """By how many px the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_language_is_chosen_without_javascript_and_kept(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False, locale="en-GB")
    page.goto("/sessions/new")
    page.click("text=العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url.endswith("/sessions/new")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    page.click("text=Deutsch")
    expect(page.locator("h1")).to_have_text("Willkommen bei Rumbl.io!")


def test_the_live_half_speaks_the_language_of_the_page(new_page: NewPage) -> None:
    page = new_page(locale="de-DE")
    register(page, "Doris Deutsch", "doris")
    page.goto("/watch/1")
    expect(page.locator("#connection-state")).to_have_text("Live")
    expect(page.locator(".hold")).to_have_text("Festhalten")
    page.click("#msg-submit")
    expect(page.locator("#msg-problems")).to_have_text("Schreib zuerst etwas.")
    page.evaluate("document.querySelector('#msg-input').removeAttribute('maxlength')")
    page.fill("#msg-input", "x" * 10_001)
    page.click("#msg-submit")
    expect(page.locator("#msg-problems")).to_have_text("Die Notiz darf höchstens 10000 Zeichen lang sein")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_its_window_right_to_left(new_page: NewPage, pictures: Path, size: str) -> None:
    page = new_page(locale="ar", viewport=SIZES[size])
    for path in ("/", "/sessions/new", "/users/new", "/no/such/page"):
        page.goto(path)
        look_at(page, pictures, size)
    register(page, "مريم العربية", f"maryam_{size}")
    for path in ("/", "/users", "/manage/videos", "/manage/videos/new", "/watch/1"):
        page.goto(path)
        look_at(page, pictures, size)


def look_at(page: Page, pictures: Path, size: str) -> None:
    """Check the direction and the width of the page, and keep a picture."""
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    if page.locator("#connection-state").count():
        expect(page.locator("#connection-state")).to_have_text("مباشر")
        time_runs_from_left_to_right(page)
    name = page.url.split("/", 3)[3].replace("/", "-") or "home"
    page.screenshot(path=pictures / f"ar-{name}-{size}.png")
    assert overflow(page) <= 0, name


def time_runs_from_left_to_right(page: Page) -> None:
    """As in the player above it."""
    page.locator("#msg-container .link-button").click()
    first, last = page.locator(".mark").first, page.locator(".mark").last
    expect(last).to_be_visible()
    boxes = (first.bounding_box(), last.bounding_box())
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] < boxes[1]["x"]
