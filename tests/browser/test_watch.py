"""The watch page when something is not as usual: no player, session, connection, mouse or script."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import NewPage
from tests.browser.test_players import add_video
from tests.browser.test_story import add_demo_video, clip, note, post, register, seek, watch
from tests.running import eventually

pytestmark = pytest.mark.browser

STATE = "#connection-state"
SHORT_S = 0.25
MOST_LOSSES = 10
"""A busy machine takes longer for some of them, and then they are told."""
REMEMBER_STATES = """() => {
  const line = document.querySelector("#connection-state");
  window.statesSeen = [line.textContent];
  const changed = () => statesSeen.push(line.textContent);
  new MutationObserver(changed).observe(line, { childList: true, subtree: true });
}"""


def route_socket(page: Page) -> list[WebSocketRoute]:
    """Stand between the page and the server; answers the connections, which grow and can be closed."""
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/socket/websocket"), between)
    return sockets


def delete_account(page: Page, username: str) -> None:
    page.goto("/settings/account")
    page.get_by_label("Your username").fill(username)
    page.get_by_label("Your password").fill("supersecret")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()


def test_a_video_that_cannot_be_played_leads_to_its_own_address(new_page: NewPage) -> None:
    page = new_page(color_scheme="light")
    register(page, "Una Playable", "una")
    watch(page, add_video(page, "A film", "https://films.example/about-otters"))

    link = page.get_by_role("link", name="Open it at its address")
    expect(link).to_have_attribute("href", "https://films.example/about-otters")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    colours = (
        "['#video', '.player-notice'].map(q => getComputedStyle(document.querySelector(q)).backgroundColor)"
    )
    stage, notice = page.evaluate(colours)
    assert stage == notice, "the stage shines through the round corners of the notice"


def test_who_was_logged_out_in_another_tab_logs_in_and_loses_nothing(new_page: NewPage) -> None:
    tab = new_page()
    register(tab, "Lara Out", "lara")
    path = add_demo_video(tab, "Watched in two tabs")
    watch(tab, path)
    other = tab.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()

    expect(tab.locator(STATE)).to_contain_text("You are logged out. Log in to go on.")
    post(tab, "Written too late")
    expect(tab.locator(STATE)).to_contain_text("1 note waiting")
    tab.locator(STATE).get_by_role("link", name="Log in").click()
    tab.get_by_label("Username").fill("lara")
    tab.get_by_label("Password").fill("supersecret")
    tab.locator("main").get_by_role("button", name="Log in").click()

    expect(tab.locator(STATE)).to_contain_text("Live")
    assert tab.url.endswith(path)
    expect(note(tab, "Written too late")).to_have_count(1)


def test_the_notes_of_who_leaves_go_from_open_pages_with_their_answers(new_page: NewPage) -> None:
    leaver, other = new_page(), new_page()
    register(leaver, "Leo Leaver", "leo")
    register(other, "Otto Other", "otto")
    path = add_demo_video(other, "Left behind")
    watch(leaver, path)
    watch(other, path)
    post(leaver, "1 + 1")
    post(other, "I stay")
    expect(other.locator("#msg-container .answer")).to_have_count(1)
    expect(note(other, "I stay")).to_have_count(1)

    delete_account(leaver, "leo")

    expect(other.locator("#msg-container .answer")).to_have_count(0)
    expect(note(other, "1 + 1")).to_have_count(0)
    expect(note(other, "I stay")).to_be_visible()
    expect(other.locator("#timeline .mark")).to_have_count(1)
    post(other, "Goes on")
    expect(note(other, "Goes on")).to_be_visible()


def test_notes_of_who_left_unheard_go_when_the_page_learns_that_it_missed_it(new_page: NewPage) -> None:
    leaver, other = new_page(), new_page()
    sockets = []

    def deaf(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if "notes_removed" in str(message) else socket.send(message))
        sockets.append(socket)

    other.route_web_socket(re.compile("/socket/websocket"), deaf)
    register(leaver, "Lena Leaver", "lena")
    register(other, "Olga Other", "olga")
    path = add_demo_video(other, "Left unheard")
    for page in (leaver, other):
        watch(page, path)
    post(leaver, "1 + 1")
    post(other, "I stay")
    expect(other.locator("#msg-container .answer")).to_have_count(1)
    expect(note(other, "I stay")).to_have_count(1)
    delete_account(leaver, "lena")
    expect(note(other, "1 + 1")).to_be_visible()

    sockets[-1].close()  # the rejoin says that somebody's notes went

    expect(note(other, "1 + 1")).to_have_count(0)
    expect(other.locator("#msg-container .answer")).to_have_count(0)
    expect(note(other, "I stay")).to_be_visible()


@pytest.mark.timeout(120)
def test_many_waiting_notes_go_out_in_order_and_once_over_one_connection(new_page: NewPage) -> None:
    page = new_page()
    register(page, "Olaf Box", "olaf")
    path = add_demo_video(page, "Many at once")
    page.goto(path)
    boot = json.loads(page.locator("#rumbl-boot").text_content() or "")
    name = f"rumbl:outbox:{boot['videoId']}:{boot['userId']}"
    entries = [{"key": f"k{n}", "body": f"note {n}", "at": n, "errors": []} for n in range(120)]
    page.goto("/")
    page.evaluate("([name, text]) => sessionStorage.setItem(name, text)", [name, json.dumps(entries)])
    connections: list[str] = []
    sent: list[str] = []

    def hear(payload: str | bytes) -> None:
        _, _, _, event, body = json.loads(payload)
        if event == "new_annotation":
            sent.append(body["key"])

    def opened(socket) -> None:  # type: ignore[no-untyped-def]
        connections.append(socket.url)
        socket.on("framesent", hear)

    page.on("websocket", opened)
    page.goto(path)

    expect(page.locator(".pending-note")).to_have_count(0, timeout=60_000)
    assert sent == [entry["key"] for entry in entries]
    assert len(connections) == 1
    expect(page.locator("#msg-container .note")).to_have_count(120)


def test_a_short_loss_of_the_connection_is_not_talked_about(new_page: NewPage) -> None:
    page = new_page()
    sockets: list[WebSocketRoute] = []
    joined: list[float] = []

    def between(socket: WebSocketRoute) -> None:
        def down(message: str | bytes) -> None:
            if '"videos:1","phx_reply"' in str(message):
                joined.append(time.monotonic())
            socket.send(message)

        socket.connect_to_server().on_message(down)
        sockets.append(socket)

    page.route_web_socket(re.compile("/socket/websocket"), between)
    watch(page, "/watch/1")
    for _ in range(MOST_LOSSES):
        page.evaluate(REMEMBER_STATES)
        before, lost = len(joined), time.monotonic()
        sockets[-1].close(code=1012, reason="restart")
        eventually(lambda before=before: page.evaluate("1") and len(joined) > before)
        expect(page.locator(STATE)).to_have_text("Live")
        page.wait_for_timeout(600)  # longer than a loss stays unnoticed
        if joined[before] - lost < SHORT_S:
            assert page.evaluate("statesSeen") == ["Live"]
            return
    pytest.fail(f"on this machine no loss of {MOST_LOSSES} was over within {SHORT_S} s")


def test_who_is_told_to_send_less_comes_back_after_seconds(new_page: NewPage) -> None:
    page = new_page()
    sockets = route_socket(page)
    watch(page, "/watch/1")
    closed = time.monotonic()

    sockets[-1].close(code=1008, reason="too many messages")

    expect(page.locator(STATE)).to_contain_text("Reconnecting")
    eventually(lambda: page.evaluate("1") and len(sockets) == 2, deadline_s=12)
    assert time.monotonic() - closed > 2
    expect(page.locator(STATE)).to_have_text("Live")


def test_everything_can_be_done_with_the_keyboard(new_page: NewPage) -> None:
    page = new_page()
    register(page, "Kay Board", "kay")
    watch(page, add_demo_video(page, "Without a mouse"))
    for second, text in ((5, "at five"), (20, "at twenty"), (40, "at forty")):
        seek(page, second)
        post(page, text)
        expect(note(page, text)).to_have_count(1)
    eventually(lambda: page.locator("#timeline .mark").count() == 3)
    expect(page.locator(".pending-note")).to_have_count(0)

    page.locator("#timeline .mark").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#timeline .mark").nth(1)).to_be_focused()
    expect(page.locator(".timeline-preview")).to_contain_text("at twenty")
    page.keyboard.press("Enter")
    eventually(lambda: clip(page, "Math.abs(v.currentTime - 20) < 0.5"))
    expect(page.locator("#timeline .mark").nth(1)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    eventually(lambda: clip(page, "Math.abs(v.currentTime - 40) < 0.5"))

    page.locator(".time-chip").first.focus()
    page.keyboard.press("Enter")
    eventually(lambda: clip(page, "Math.abs(v.currentTime - 5) < 0.5"))

    page.locator("#msg-input").focus()
    page.keyboard.type("by hand")
    page.keyboard.press("Enter")
    expect(note(page, "by hand")).to_have_count(1)
    expect(page.locator("#msg-input")).to_be_focused()


def test_the_keyboard_stays_where_it_was_when_all_notes_are_shown(new_page: NewPage) -> None:
    page = new_page()
    watch(page, "/watch/1")
    page.get_by_role("button", name="Show all").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#msg-container")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".time-chip").first).to_be_focused()


def test_what_people_call_themselves_is_text_in_the_list_of_who_is_here(new_page: NewPage) -> None:
    joker, watcher = new_page(), new_page()
    register(joker, "<img src=x onerror=alert(1)>", "<img src onerror=x>")
    path = add_demo_video(joker, "Who is here")
    register(watcher, "Wanda", "wanda")
    for page in (joker, watcher):
        watch(page, path)

    for page in (joker, watcher):
        names = page.locator("#user-list .person-name")
        expect(names.filter(has_text="<img src=x onerror=alert(1)> (<img src onerror=x>)")).to_have_count(1)
        expect(names).to_have_count(2)
        expect(page.locator("#user-list img")).to_have_count(0)


def test_without_a_script_the_notes_can_be_read(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/watch/1")

    expect(page.locator("noscript .note-body").first).to_be_visible()
    expect(page.locator("#video video")).to_be_visible()
