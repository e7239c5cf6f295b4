"""Every page in every language, light and dark, wide and narrow: no serious fault for axe, no overflow.

Pictures of all of them are kept in the folder of the browser tests' pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from rumbl_web import gettext, router
from tests.browser import walk
from tests.browser.conftest import ARTIFACTS
from tests.browser.test_story import register
from tests.browser.walk import People, Walker
from tests.running import RunningSite, started_site

pytestmark = pytest.mark.browser

PAGES = sorted(
    (route for route in router.ROUTES if route.methods == router.GET), key=lambda route: route.path.count("<")
)
OPEN = [route for route in PAGES if not route.members]


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site() as running:
        yield running


@pytest.fixture(scope="module")
def people(site: RunningSite) -> People:
    return walk.settle(site)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", gettext.LANGUAGES)
def test_every_page_is_fit_for_everybody(
    chromium: Browser, site: RunningSite, people: People, language: str
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    wrong: list[str] = []
    with Walker(chromium, site, language, people.member) as member:
        for name in member.pages(PAGES):
            wrong += member.look(name, ARTIFACTS)
        member.open("/no/such/page", 404)
        wrong += member.look("error.404", ARTIFACTS)
        for name, bring_about in walk.STATES.items():
            bring_about(member.page)
            wrong += member.look(name, ARTIFACTS)
    with Walker(chromium, site, language, []) as guest:
        for name in guest.pages(OPEN):
            wrong += guest.look(f"guest.{name}", ARTIFACTS, (walk.NARROW,))
    with Walker(chromium, site, language, people.newcomer) as newcomer:
        for path in walk.EMPTY:
            newcomer.open(path)
            wrong += newcomer.look(f"empty{path.replace('/', '.')}", ARTIFACTS)
    assert wrong + member.errors + guest.errors + newcomer.errors == []


@pytest.fixture
def page(chromium: Browser, site: RunningSite) -> Iterator[Page]:
    """A browser that runs no script of a page."""
    context = chromium.new_context(base_url=site.url, java_script_enabled=False, locale="en")
    yield context.new_page()
    context.close()


def test_every_page_is_there_without_its_scripts(page: Page, site: RunningSite, people: People) -> None:
    with Walker(page.context.browser, site, "en", people.member) as scripted:  # type: ignore[arg-type]
        addresses = [(name, scripted.page.url) for name in scripted.pages(PAGES)]
    page.context.add_cookies(people.member)  # type: ignore[arg-type]
    for name, address in addresses:
        page.goto(address)
        expect(page.locator("main h1"), name).to_be_visible()


def test_all_but_the_live_parts_works_without_scripts(page: Page) -> None:
    register(page, "Paula Plain", "paula")
    page.get_by_role("button", name="Log out").click()
    page.goto("/sessions/new")
    page.get_by_label("Username").fill("paula")
    page.get_by_label("Password").fill("supersecret")
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Welcome back!")).to_be_visible()

    page.goto("/manage/videos/new")
    page.get_by_label("Title").fill("Plain otters")
    page.get_by_label("Url").fill("/static/media/demo.webm")
    page.get_by_label("Description").fill("They play.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Video created successfully.")).to_be_visible()
    page.get_by_role("link", name="Watch", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("Plain otters")
    # Playwright's browser renders no <noscript>: it parses as if scripts ran.
    assert "need JavaScript" in page.locator("main").inner_html()

    page.goto("/manage/videos")
    page.get_by_role("button", name="Delete Plain otters").click()
    page.get_by_role("button", name="Delete video").click()
    expect(page.get_by_text("Video deleted successfully.")).to_be_visible()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
