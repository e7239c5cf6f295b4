"""The main job as people do it: watch a video together, annotate it live, get an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.running import RunningSite, eventually

pytestmark = pytest.mark.browser


def register(page: Page, name: str, username: str) -> None:
    page.goto("/users/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Username", exact=True).fill(username)
    page.get_by_label("Password", exact=True).fill("supersecret")
    page.get_by_role("button", name="Create User").click()
    expect(page.get_by_text(f"{name} created!")).to_be_visible()


def add_demo_video(page: Page, title: str) -> str:
    """Add the demo clip under a title of its own and answer the path of its watch page."""
    page.goto("/manage/videos/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Url").fill("/static/media/demo.webm")
    page.get_by_label("Description").fill("Sixty seconds about notes on a video.")
    page.get_by_label("Category").select_option(label="Comedy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Video created successfully.")).to_be_visible()
    page.get_by_role("link", name="Watch", exact=True).first.click()
    return re.sub(r"^https?://[^/]+", "", page.url)


def watch(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#connection-state")).to_contain_text(re.compile("live", re.IGNORECASE))


def clip(page: Page, expression: str) -> object:
    """Ask the video element. (The page's CSP forbids wait_for_function, which evaluates text in the page.)"""
    return page.evaluate(
        f"(() => {{ const v = document.querySelector('#video video'); return v && ({expression}) }})()"
    )


def seek(page: Page, seconds: float) -> None:
    eventually(lambda: clip(page, "v.readyState >= 1"))
    clip(page, f"v.currentTime = {seconds}")
    eventually(lambda: clip(page, f"!v.seeking && Math.abs(v.currentTime - {seconds}) < 0.5"))


def play_to(page: Page, seconds: float) -> None:
    clip(page, "v.play()")
    eventually(lambda: clip(page, f"v.currentTime >= {seconds}"))
    clip(page, "v.pause()")


def post(page: Page, text: str) -> None:
    page.locator("#msg-input").fill(text)
    page.locator("#msg-submit").click()


def note(page: Page, text: str):  # type: ignore[no-untyped-def]
    """The bodies in the list of notes that read `text`."""
    return page.locator("#msg-container").get_by_text(text, exact=True)


def see_each_other(ana: Page, ben: Page, path: str) -> None:
    """Each sees who is here, with the number of tabs."""
    for page in (ana, ben):
        expect(page.locator("#user-list li")).to_have_count(2)
    second_tab = ana.context.new_page()
    watch(second_tab, path)
    expect(ben.locator("#user-list")).to_contain_text("2")
    second_tab.close()
    expect(ben.locator("#user-list")).not_to_contain_text("2")


def write_live(ana: Page, ben: Page) -> None:
    """Ana plays the video and posts a note at 0:07: both see it at once, with time, name and text."""
    seek(ana, 6.2)
    play_to(ana, 7.05)
    post(ana, "Here it gets interesting")
    for page in (ana, ben):
        expect(note(page, "Here it gets interesting")).to_have_count(1)
        item = page.locator("#msg-container").locator("li, article, div").filter(has_text="interesting").first
        expect(item).to_contain_text("0:07")
        expect(item).to_contain_text("Ana Lovelace")


def ask(ana: Page, ben: Page) -> None:
    """Ben asks; his note, then the answer by the backend's user, in both browsers."""
    seek(ben, 12)
    post(ben, "1 + 1")
    for page in (ana, ben):
        expect(note(page, "1 + 1")).to_have_count(1)
        expect(note(page, "2")).to_have_count(1)
        expect(page.locator("#msg-container")).to_contain_text("Calculator")


def click_to_seek(ana: Page) -> None:
    """A click on a note seeks."""
    ana.locator("#msg-container").get_by_role("button", name=re.compile("0:12")).first.click()
    eventually(lambda: clip(ana, "Math.abs(v.currentTime - 12) < 0.5"))


def come_later(carla: Page, path: str) -> None:
    """Carla opens the page later: the notes appear as the video reaches them."""
    register(carla, "Carla Hopper", "carla")
    watch(carla, path)
    expect(note(carla, "Here it gets interesting")).to_have_count(0)
    seek(carla, 6.5)
    play_to(carla, 7.2)
    expect(note(carla, "Here it gets interesting")).to_have_count(1)
    expect(note(carla, "1 + 1")).to_have_count(0)
    seek(carla, 13)
    expect(note(carla, "1 + 1")).to_have_count(1)


def read_as_a_guest(guest: Page, path: str) -> None:
    """A visitor without an account reads along and is offered to log in where a note would be written."""
    watch(guest, path)
    seek(guest, 20)
    expect(note(guest, "Here it gets interesting")).to_have_count(1)
    expect(guest.get_by_role("link", name="Log in to write a note")).to_be_visible()
    expect(guest.locator("#msg-input")).to_have_count(0)


def survive_a_kill(site: RunningSite, ana: Page, ben: Page, carla: Page, guest: Page) -> None:
    """The server is killed and started again: the pages come back by themselves, with all, once."""
    site.kill()
    expect(ben.locator("#connection-state")).not_to_contain_text(re.compile("^live", re.IGNORECASE))
    post(ben, "Written while the server was away")
    site.start()
    for page in (ana, ben, carla, guest):
        expect(page.locator("#connection-state")).to_contain_text(
            re.compile("live", re.IGNORECASE), timeout=30_000
        )
    for page in (ana, ben):
        expect(note(page, "Written while the server was away")).to_have_count(1)
        expect(note(page, "Here it gets interesting")).to_have_count(1)
        expect(note(page, "1 + 1")).to_have_count(1)
        expect(note(page, "2")).to_have_count(1)
        expect(page.locator("#user-list li")).to_have_count(3)


def survive_a_restart(site: RunningSite, ana: Page) -> None:
    """All is still there after a clean stop and start."""
    site.stop()
    site.start()
    ana.reload()
    expect(ana.locator("#connection-state")).to_contain_text(re.compile("live", re.IGNORECASE))
    seek(ana, 30)
    for text in ("Here it gets interesting", "1 + 1", "2", "Written while the server was away"):
        expect(note(ana, text)).to_have_count(1)


@pytest.mark.timeout(240)
def test_people_watch_together_annotate_live_and_get_an_answer(
    new_page: NewPage, site: RunningSite, pictures: Path
) -> None:
    ana, ben = new_page(), new_page()
    register(ana, "Ana Lovelace", "ana")
    path = add_demo_video(ana, "Sums for beginners")
    watch(ana, path)
    register(ben, "Ben Babbage", "ben")
    watch(ben, path)
    see_each_other(ana, ben, path)
    write_live(ana, ben)
    ask(ana, ben)
    click_to_seek(ana)
    ben.screenshot(path=pictures / "watch.png")
    carla, guest = new_page(), new_page()
    come_later(carla, path)
    read_as_a_guest(guest, path)
    survive_a_kill(site, ana, ben, carla, guest)
    survive_a_restart(site, ana)
