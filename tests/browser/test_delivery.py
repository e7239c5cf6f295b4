"""Notes on their way when some are dropped: the page in a browser, its socket in our hands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import NewPage
from tests.browser.test_story import add_demo_video, note, post, register, watch

pytestmark = pytest.mark.browser

STATE = "#connection-state"
REFUSALS = 3
Message = list[Any]
Pass = Callable[[Message], Message | None]


class Between:
    """Stands between a page and the server. `up` and `down` may change a message, or drop it with None."""

    def __init__(self, page: Page) -> None:
        self.connections = 0
        self.sent: list[Message] = []
        self.up: Pass = lambda message: message
        self.down: Pass = lambda message: message
        self._socket: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/socket/websocket"), self._connected)

    def answer(self, message: Message, status: str, response: dict[str, Any]) -> None:
        """Answer the page in the server's place."""
        join_ref, ref, topic, _, _ = message
        reply = [join_ref, ref, topic, "phx_reply", {"status": status, "response": response}]
        assert self._socket is not None
        self._socket.send(json.dumps(reply))

    def _connected(self, socket: WebSocketRoute) -> None:
        self.connections += 1
        self._socket = socket
        server = socket.connect_to_server()
        socket.on_message(lambda text: self._pass(text, self._up, server.send))
        server.on_message(lambda text: self._pass(text, self.down, socket.send))

    def _up(self, message: Message) -> Message | None:
        self.sent.append(message)
        return self.up(message)

    @staticmethod
    def _pass(text: str | bytes, change: Pass, send: Callable[[str], None]) -> None:
        message = change(json.loads(text))
        if message is not None:
            send(json.dumps(message))


def test_a_note_that_is_lost_on_the_way_appears_by_itself(new_page: NewPage) -> None:
    writer, reader = new_page(), new_page()
    register(writer, "Winnie Writer", "winnie")
    path = add_demo_video(writer, "With a hole")
    between = Between(reader)
    between.down = lambda message: None if "lost on the way" in str(message) else message
    for page in (writer, reader):
        watch(page, path)

    post(writer, "lost on the way")
    expect(note(writer, "lost on the way")).to_have_count(1)
    post(writer, "came through")
    expect(note(reader, "came through")).to_have_count(1)
    between.down = lambda message: message

    expect(note(reader, "lost on the way")).to_have_count(1, timeout=10_000)
    expect(reader.locator("#msg-container .note-body")).to_have_text(["lost on the way", "came through"])
    assert [event for _, _, _, event, _ in between.sent].count("list_annotations") == 1
    assert between.connections == 1


def test_a_server_that_can_store_nothing_just_now_gets_the_note_again(new_page: NewPage) -> None:
    page = new_page()
    register(page, "Ida Patient", "ida")
    path = add_demo_video(page, "Busy")
    between = Between(page)
    refused: list[str] = []

    def busy(message: Message) -> Message | None:
        if message[3] != "new_annotation" or len(refused) == REFUSALS:
            return message
        refused.append(message[4]["key"])
        between.answer(message, "error", {"reason": "unavailable"})
        return None

    between.up = busy
    watch(page, path)
    post(page, "in its own time")

    expect(page.locator(STATE)).to_have_text("Live, sending 1 note")
    expect(note(page, "in its own time")).to_have_count(1, timeout=10_000)
    expect(page.locator(STATE)).to_have_text("Live")
    assert len(refused) == REFUSALS
    assert len(set(refused)) == 1, "under one key"
    expect(page.locator(".pending-note")).to_have_count(0)
    assert between.connections == 1
