"""Questions on the watch page: being looked up, answered, and why."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import add_demo_video, note, post, register, watch
from tests.browser.test_watch import route_socket

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def note_id(page: Page, text: str) -> int:
    return int(page.locator("#msg-container .note", has_text=text).get_attribute("data-id") or 0)


def test_an_answer_says_where_it_is_from_and_why(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 360, "height": 700}, color_scheme="dark")
    register(page, "Quentin Ask", "quentin")
    path = add_demo_video(page, "Asked and answered")
    watch(page, path)
    post(page, "1 + 1")

    answer = page.locator("#msg-container .answer")
    expect(answer).to_contain_text("Answer from Calculator")
    expect(page.locator("#msg-container .note-state")).to_be_hidden()
    answer.get_by_text("Why this answer?").click()
    row = answer.get_by_role("row", name="Calculator")
    expect(row).to_contain_text("answered")
    expect(row).to_contain_text("ms")
    assert page.evaluate(WIDE) == 0

    # Longer words than ours must not make the page wider than the screen.
    guest = new_page(viewport={"width": 360, "height": 700}, locale="de")
    watch(guest, path)
    guest.get_by_text("Warum diese Antwort?").click()
    expect(guest.get_by_role("row", name="Rechner")).to_contain_text("hat geantwortet")
    assert guest.evaluate(WIDE) == 0


def test_a_question_without_an_answer_tells_why_also_to_who_comes_later(new_page: NewPage) -> None:
    page = new_page()
    register(page, "Nora Nothing", "nora")
    path = add_demo_video(page, "Asked for nothing")
    watch(page, path)
    post(page, "!calculator what is love")

    guest = new_page()
    for viewer in (page, guest):
        if viewer is guest:
            watch(guest, path)
        why = viewer.locator("#msg-container .note").get_by_text("Why no answer?")
        why.click()
        row = viewer.locator("#msg-container .note").get_by_role("row", name="Calculator")
        expect(row).to_contain_text("knows nothing")


def test_who_comes_while_a_question_is_looked_up_sees_that(new_page: NewPage) -> None:
    page, late = new_page(), new_page()
    register(page, "Rita Reload", "reload")
    path = add_demo_video(page, "Asked and loaded again")
    watch(page, path)
    post(page, "Nobody asks anything")
    expect(note(page, "Nobody asks anything")).to_have_count(1)
    id = note_id(page, "Nobody asks anything")
    # As if there were many notes since.
    replies = iter(
        [
            {"questions": [], "before": id + 1},
            {"questions": [{"id": id, "state": "waiting"}], "before": None},
        ]
    )

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            join_ref, ref, topic, event, _payload = json.loads(message)
            if event != "questions":
                return server.send(message)
            reply = {"status": "ok", "response": next(replies)}
            return socket.send(json.dumps([join_ref, ref, topic, "phx_reply", reply]))

        socket.on_message(pass_on)

    late.route_web_socket(re.compile("/socket/websocket"), between)
    watch(late, path)
    expect(late.locator("#msg-container .note-state")).to_have_text("Looking it up…")
    expect(late.locator("#msg-container .note-state")).to_be_visible()


def test_a_note_says_what_becomes_of_its_question(new_page: NewPage) -> None:
    page = new_page()
    sockets = route_socket(page)
    register(page, "Wanda Wait", "wanda")
    path = add_demo_video(page, "Asked in vain")
    watch(page, path)
    post(page, "Nobody knows")
    expect(note(page, "Nobody knows")).to_have_count(1)
    id, video = note_id(page, "Nobody knows"), page.locator("#video").get_attribute("data-id")

    def told(state: str) -> None:
        sockets[-1].send(json.dumps([None, None, f"videos:{video}", "question", {"id": id, "state": state}]))

    line = page.locator("#msg-container .note-state")
    for state, text in [
        ("waiting", "Looking it up…"),
        ("nothing", "No answer was found."),
        ("waiting", "Looking it up…"),
        ("refused", "Too busy to look it up."),
    ]:
        told(state)
        expect(line).to_have_text(text)
        expect(line).to_be_visible()
    told("answered")
    expect(line).to_be_hidden()

    told("waiting")
    told("nothing")
    post(page, "What comes late changes nothing")
    expect(note(page, "What comes late changes nothing")).to_have_count(1)
    expect(line.locator("visible=true")).to_have_count(0)


def test_a_note_is_looked_up_no_more_when_its_answer_comes(new_page: NewPage) -> None:
    page = new_page()
    sockets = route_socket(page)
    register(page, "Wim Wait", "wim")
    path = add_demo_video(page, "Asked and told nothing")
    watch(page, path)
    post(page, "Nobody tells")
    expect(note(page, "Nobody tells")).to_have_count(1)
    id, video = note_id(page, "Nobody tells"), page.locator("#video").get_attribute("data-id")
    line = page.locator("#msg-container .note-state")

    def send(event: str, payload: dict[str, object]) -> None:
        sockets[-1].send(json.dumps([None, None, f"videos:{video}", event, payload]))

    send("question", {"id": id, "state": "waiting"})
    expect(line).to_be_visible()
    user = {"id": 1, "username": "wikipedia", "name": "Wikipedia"}
    answer = {
        "id": id + 1,
        "prev": id,
        "body": "I do",
        "at": 0,
        "user": user,
        "answer_to": id,
        "source": None,
    }
    send("new_annotation", {**answer, "key": None})
    expect(note(page, "I do")).to_be_visible()
    expect(line).to_be_hidden()
