"""All pages of the site, from its own table of routes, with people and videos to show on them.

A new page is walked by itself. What stands for a part of its address (`<id>`) is found among the links of
pages that were walked before; for one that no page links to, `PARTS` has to say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, Response

from rumbl_web import gettext, router
from tests.project import ROOT
from tests.running import RunningSite
from tests.viewer import Account

AXE: Final = ROOT / "apps" / "rumbl_web" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: Final = ("light", "dark")
NARROW, WIDE = 360, 1280
GRAVE: Final = {"serious", "critical"}
LONG: Final = "Donaudampfschifffahrtsgesellschaft" * 4
MEMBER: Final = "Wilhelmina Wolkenstein-Trostburg"

PARTS: Final[dict[str, dict[str, str]]] = {"reset.open": {"token": "old"}, "mail.open": {"token": "old"}}
"""By the name of a route: parts of its address that no page links to."""

CONTRAST: Final = "color-contrast"
SUBMIT: Final = "document.querySelector('main form').submit()"  # past what the browser itself would refuse
RUN_AXE: Final = """async (only) => {
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  if (only) options.runOnly = [only];
  const { violations } = await axe.run(document, options);
  const places = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 200));
  return violations.map(({ id, impact, nodes }) => [impact, id, places(nodes)]);
}"""
TOO_WIDE: Final = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((e) => { const r = e.getBoundingClientRect(); return r.right > width + 1 || r.left < -1; })
    .map((e) => e.outerHTML.slice(0, 120)).slice(0, 5);
}"""


def refused(path: str) -> Callable[[Page], None]:
    """The form at `path` as it comes back when it was sent empty."""

    def bring_about(page: Page) -> None:
        page.goto(path)
        with page.expect_navigation():
            page.evaluate(SUBMIT)

    return bring_about


def asked_before_deletion(page: Page) -> None:
    """The question before a video goes away."""
    page.goto("/manage/videos")
    page.locator("[popovertarget]").first.click()
    page.locator("[popover]:popover-open").wait_for()


def all_notes(page: Page) -> None:
    """The demo video with all of its notes, a question and its answer among them."""
    page.goto("/watch/1")
    page.locator("#connection-state[data-state=live]").wait_for()
    page.locator("#msg-container button").last.click()
    page.locator("#msg-container .note").last.wait_for()


def no_player(page: Page) -> None:
    """The watch page of a video with a long name that can only be seen at its own address."""
    page.goto("/videos")
    page.locator("a[href*='/watch/']", has_text=LONG[:20]).first.click()
    page.locator("#connection-state[data-state=live]").wait_for()
    page.locator("#video a[href^='https://films.example']").wait_for()


STATES: Final[dict[str, Callable[[Page], None]]] = {
    "session.refused": refused("/sessions/new"),
    "user.refused": refused("/users/new"),
    "video.refused": refused("/manage/videos/new"),
    "video.delete": asked_before_deletion,
    "watch.notes": all_notes,
    "watch.address": no_player,
}
"""What a page looks like after something was done there."""
EMPTY: Final = ("/manage/videos",)
"""Pages that say what to do first, as long as there is nothing."""


@dataclass
class People:
    """Cookies of somebody with videos and notes, and of somebody with nothing."""

    member: list[dict[str, Any]]
    newcomer: list[dict[str, Any]]


def settle(site: RunningSite) -> People:
    """Let somebody register and add videos whose words are as long as they may be."""
    member, newcomer = Account(site.url), Account(site.url)
    member.register(MEMBER, "wilhelmina")
    newcomer.register("Nora", "nora")
    for title, url in (
        ("Otters at play", "/static/media/demo.webm"),
        (LONG, "https://films.example/" + "o" * 120),
        ("ثعالب الماء", "https://youtu.be/abcdefghijk"),
    ):
        fields = {"title": title, "url": url, "description": f"{LONG} and then some words."}
        fields = {f"video[{name}]": value for name, value in fields.items()}
        answer = member.submit("/manage/videos/new", "/manage/videos", fields)
        assert answer.url != f"{site.url}/manage/videos", "the video was refused"
    return People(_cookies(member), _cookies(newcomer))


def _cookies(account: Account) -> list[dict[str, Any]]:
    cookies = account.http.cookies
    return [{"name": one.name, "value": one.value, "url": account.url} for one in cookies]


@dataclass
class Walker:
    """Somebody's way through all pages, in one language."""

    browser: Browser
    site: RunningSite
    language: str
    cookies: list[dict[str, Any]]
    links: set[str] = field(default_factory=set)

    def __enter__(self) -> Walker:
        """Open the one page that everything is looked at in."""
        self.context: BrowserContext = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": WIDE, "height": 800},
            reduced_motion="reduce",
            locale=self.language,
        )
        chosen = {"name": gettext.COOKIE, "value": self.language, "url": self.site.url}
        self.context.add_cookies([chosen, *self.cookies])  # type: ignore[list-item]
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.page.url}: {error}"))
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self.context.close()

    def pages(self, routes: list[router.Route]) -> Iterator[str]:
        """Go to each of these; gives the name of the page that is open now."""
        for route in routes:
            self.open(self.address(route))
            yield route.name

    def open(self, path: str, status: int = 200) -> Response:
        """Go to a page, and see that it is there and whole."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        self.links |= set(self.page.eval_on_selector_all("a[href]", "all => all.map(a => a.pathname)"))
        if self.page.locator("#connection-state").count():
            self.page.locator("#connection-state[data-state=live]").wait_for()
        return answer

    def address(self, route: router.Route) -> str:
        """An address of this route with something at it."""
        if "<" not in route.path:
            return route.path
        if route.name in PARTS:
            return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS[route.name][part[1]], route.path)
        pattern = re.compile(re.sub(r"<[^<>]+>", "[^/]+", route.path))
        plain = {other.path for other in router.ROUTES}
        found = sorted(link for link in self.links if pattern.fullmatch(link) and link not in plain)
        assert found, f"no page links to {route.path}: say in PARTS of tests/browser/walk.py what it is"
        return found[0]

    def look(self, name: str, pictures: Path, widths: tuple[int, ...] = (WIDE, NARROW)) -> list[str]:
        """Look at the page in each width, light and dark, with a picture of each; tell what is wrong."""
        wrong: list[str] = []
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 800})
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                faults = self._faults(only=None if scheme == "light" else CONTRAST)
                wrong += [f"{name} {self.language} {scheme} {width}: {fault}" for fault in faults]
                picture = pictures / f"{name}-{self.language}-{scheme}-{width}.png"
                self.page.screenshot(path=picture, full_page=True, animations="disabled")
        wide = self.page.evaluate(TOO_WIDE)
        return wrong + [f"{name} {self.language}: wider than {NARROW} px: {place}" for place in wide]

    def _faults(self, only: str | None) -> list[str]:
        """What axe finds that is serious or worse."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(RUN_AXE, only)
        return [f"{rule} ({impact}): {places}" for impact, rule, places in found if impact in GRAVE]
