"""Who logged in, who was refused: what an operator finds in the log afterwards (OWASP ASVS 16.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import abort

from rumbl_core.testing import user_fixture
from rumbl_web import audit
from rumbl_web.testing import Client, make_app

Events = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Events:
    caplog.set_level(logging.INFO, "rumbl_web.audit")
    return lambda: [record.facts for record in caplog.records if record.name == "rumbl_web.audit"]  # type: ignore[attr-defined]


def log_in(browser: Client, username: str, password: str) -> None:
    browser.submit("/sessions", {"session": {"username": username, "password": password}})


def test_a_log_in_and_a_log_out_are_told_with_the_account(client: Client, events: Events) -> None:
    user = user_fixture(username="eva")
    log_in(client, "eva", "supersecret")
    client.submit(f"/sessions/{user.id}", method="DELETE")

    assert events() == [
        {"event": "login", "client": "127.0.0.1", "user_id": user.id},
        {"event": "logout", "client": "127.0.0.1", "user_id": user.id},
    ]


@pytest.mark.parametrize("typed", ["eva", "my other password"])
def test_a_refused_log_in_is_told_without_what_was_typed(
    client: Client, events: Events, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    user_fixture(username="eva")
    log_in(client, typed, "wrong password")

    [told] = events()
    assert (told["event"], told["client"]) == ("login_refused", "127.0.0.1")
    assert "other password" not in caplog.text
    assert "wrong" not in caplog.text


def test_a_guest_at_a_members_door_is_told(client: Client, events: Events) -> None:
    client.get("/manage/videos")

    [told] = events()
    assert (told["event"], told["reason"], told["endpoint"]) == ("access_refused", "guest", "video.index")


def test_a_form_without_its_token_is_told(client: Client, events: Events) -> None:
    client.post("/sessions", data={})

    [told] = events()
    assert (told["event"], told["status"], told["path"]) == ("access_refused", 403, "/sessions")


@pytest.mark.parametrize(
    ("status", "event"), [(401, "access_refused"), (403, "access_refused"), (429, "throttled")]
)
def test_every_answer_that_refuses_is_told(events: Events, status: int, event: str) -> None:
    app = make_app()
    app.add_url_rule("/closed", "closed", lambda: abort(status))
    app.test_client().get("/closed")

    [told] = events()
    assert (told["event"], told["status"], told["method"]) == (event, status, "GET")


def test_what_is_no_refusal_is_not_told(client: Client, events: Events) -> None:
    for path in ("/", "/nowhere", "/sessions/new"):
        client.get(path)

    assert events() == []


def test_outside_of_a_request_there_is_no_client(events: Events) -> None:
    audit.tell("seeded", users=1)

    assert events() == [{"event": "seeded", "client": None, "users": 1}]
