"""Real browsers on a really started site. Chromium is Debian's; without one these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.running import RunningSite, started_site

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # a page that a test has altered may open sockets too
    "--autoplay-policy=no-user-gesture-required",
]
ARTIFACTS = Path(__file__).parent / "artifacts"
expect.set_options(timeout=20_000)  # a loaded machine is slow, not wrong
FAILED = pytest.StashKey[bool]()
NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the session. CHROMIUM names another binary."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NO CHROMIUM: install Debian's package chromium or set CHROMIUM; the browser is untested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    """A site, started once for the tests of a module."""
    with started_site() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test failed, for the pictures below."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def new_page(chromium: Browser, site: RunningSite, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Open a page as a new person: an own browser context, so own cookies.

    A script error on any page fails the test; a failed test leaves a picture of every page.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(**options: object) -> Page:
        context = chromium.new_context(
            base_url=site.url, **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    if request.node.stash.get(FAILED, False):
        photograph(contexts, request.node.name)
    for context in contexts:
        context.close()
    assert not errors, errors


def photograph(contexts: list[BrowserContext], name: str) -> None:
    """Keep what every page looked like when the test failed."""
    ARTIFACTS.mkdir(exist_ok=True)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=ARTIFACTS / f"{name}-{number}.png")


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go: RUMBL_SCREENSHOTS, else a folder that git ignores."""
    folder = Path(os.environ.get("RUMBL_SCREENSHOTS") or ARTIFACTS)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
