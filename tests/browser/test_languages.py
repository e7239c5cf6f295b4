"""The site in its languages: chosen without JavaScript, live parts included, and right to left in Arabic."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage

pytestmark = pytest.mark.browser

GUEST_PAGES = ("/", "/sessions/new", "/users/new", "/videos", "/categories", "/no/such/page")
MEMBER_PAGES = ("/", "/users", "/users/1", "/manage/videos", "/manage/videos/new")
BOTTOM = "e => e.getBoundingClientRect().bottom"
HEIGHT = "e => e.getBoundingClientRect().height"
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
@pytest.mark.parametrize(("code", "direction", "live"), [("ar", "rtl", "مباشر"), ("de", "ltr", "Live")])
def test_every_page_fits_its_window_in_every_language(
    new_page: NewPage, pictures: Path, code: str, direction: str, live: str, size: str
) -> None:
    page = new_page(locale=code, viewport=SIZES[size])
    for path in GUEST_PAGES:
        look_at(page, path, pictures / f"{code}-{size}-guest{name_of(path)}.png", direction)
    register(page, "مريم العربية" if code == "ar" else "Donau Dampfschifffahrt", f"{code}_{size}")
    addresses_run_from_left_to_right(page, "right" if direction == "rtl" else "left")
    a_long_mail_address_fits(page, f"{code}.{size}")
    add_demo_video(page, "عنوان" if code == "ar" else "Rindfleischetikettierung")
    for path in MEMBER_PAGES:
        look_at(page, path, pictures / f"{code}-{size}{name_of(path)}.png", direction)
    page.goto("/watch/1")
    expect(page.locator("#connection-state")).to_have_text(live)
    time_runs_from_left_to_right(page)
    page.screenshot(path=pictures / f"{code}-{size}-watch.png")


def name_of(path: str) -> str:
    return path.replace("/", "-").rstrip("-")


def look_at(page: Page, path: str, picture: Path, direction: str) -> None:
    """Check the direction and the width of a page, and keep a picture."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    page.screenshot(path=picture, full_page=True)
    assert overflow(page) <= 0, path


def test_the_longest_name_leaves_room_for_what_is_said_and_a_log_out_elsewhere_is_told_inside(
    new_page: NewPage,
) -> None:
    page = new_page(viewport={"width": 360, "height": 740}, locale="ar")
    register(page, "W" * 255, "longest")
    add_demo_video(page, "A film")
    page.goto("/manage/videos")
    path = str(page.locator("a[href^='/watch/']").first.get_attribute("href"))
    page.goto(path)
    owner_px = page.locator(".watch-head .card-meta").evaluate(HEIGHT)
    page.fill("#msg-input", "What I say")
    page.press("#msg-input", "Enter")
    name = page.locator("#msg-container .note-name")
    expect(name).to_have_attribute("title", "W" * 255)
    assert max(owner_px, name.evaluate(HEIGHT)) < 80, "of names a few lines are shown"
    page.locator("#timeline .mark").focus()
    words, box = page.locator(".timeline-preview bdi"), page.locator(".timeline-preview")
    assert words.evaluate(BOTTOM) <= box.evaluate(BOTTOM), "what it holds is read"

    page.goto("/videos")
    assert page.locator(".card-meta").first.evaluate(HEIGHT) < 80
    page.goto("/users?sort=newest")
    assert page.locator(".people strong", has_text="WWW").evaluate(HEIGHT) < 80
    page.goto(path)
    other = page.context.new_page()
    other.goto("/")
    other.locator("header form button").first.click()
    state = page.locator("#connection-state[data-state=login]")
    expect(state).to_be_visible()
    page.fill("#msg-input", "Half a thought")
    page.press("#msg-input", "Enter")
    expect(page.locator(".pending-note")).to_be_visible()
    left, right = state.evaluate("e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]")
    assert (left >= 8, right <= 352) == (True, True), f"from {left} to {right} of 360"


def add_demo_video(page: Page, title: str) -> None:
    page.goto("/manage/videos/new")
    page.check("input[value=demo]")
    page.fill("#video_title", title)
    page.fill("#video_description", title)
    page.click("form.panel button")
    page.wait_for_url("**/manage/videos/*-*")


def addresses_run_from_left_to_right(page: Page, side: str) -> None:
    """While they are typed; they stand on the page's side."""
    for path, field in (("/manage/videos/new", "#video_url"), ("/settings/mail", "input[type=email]")):
        page.goto(path)
        expect(page.locator(field)).to_have_css("direction", "ltr")
        expect(page.locator(field)).to_have_css("text-align", side)


def a_long_mail_address_fits(page: Page, who: str) -> None:
    """In the sentence that says where a mail went, and in the settings."""
    page.goto("/settings/mail")
    page.fill("input[type=email]", f"{who}.of.the.longest.street.in.town@mail.of.somebody.example.org")
    page.fill("input[type=password]", "supersecret")
    page.click("form.panel button")
    expect(page.locator(".alert-info")).to_contain_text(who)
    assert overflow(page) <= 0


def time_runs_from_left_to_right(page: Page) -> None:
    """As in the player above it. Marks are drawn anew whenever notes come, so the page is asked in one go."""
    page.locator("#msg-container .link-button").click()
    page.wait_for_function(
        "() => { const x = [...document.querySelectorAll('.mark')].map((m) => m.getBoundingClientRect().x);"
        " return x.length > 1 && x[0] < x.at(-1); }"
    )
