"""Who tries too often waits: as a browser sees it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from rumbl_core import accounts
from rumbl_core.errors import Busy
from rumbl_core.testing import user_fixture
from rumbl_web import gthread, turnstile
from rumbl_web.phoenix import telemetry
from rumbl_web.testing import Client, html_response, make_app, redirected_to
from rumbl_web.throttle import Rule, Throttle
from rumbl_web.throttle.memory import Memory

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class Clock:
    """Seconds, as the test wants them."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(app: Flask) -> Iterator[Clock]:
    """The clock of the site's throttle, which counts in memory for this test."""
    clock, before = Clock(), app.extensions[turnstile.EXTENSION]
    rules = {"register": Rule.steady(2, 3600)}
    app.extensions[turnstile.EXTENSION] = Throttle(Memory(clock), "secret", rules)
    yield clock
    app.extensions[turnstile.EXTENSION] = before


@pytest.fixture
def told() -> Iterator[list[tuple[str, dict[str, float], dict[str, object]]]]:
    """The events of throttling."""
    events: list[tuple[str, dict[str, float], dict[str, object]]] = []

    def note(name: str, measurements: dict[str, float], metadata: dict[str, object]) -> None:
        if name.startswith(("throttle.", "log_in.")):
            events.append((name, measurements, metadata))

    telemetry.attach(note)
    yield events
    telemetry.detach(note)


def try_as(client: Client, username: str, password: str = "wrong", address: str = HERE):
    fields = {"session": {"username": username, "password": password}}
    return client.submit("/sessions", fields, environ_base={"REMOTE_ADDR": address})


def test_the_sixth_try_has_to_wait_and_the_page_says_how_long(client: Client, clock: Clock) -> None:
    user_fixture(username="ana")
    for _ in range(5):
        html_response(try_as(client, "ana"))

    answer = try_as(client, "ana", "supersecret")

    page = html_response(answer, 429)
    assert answer.headers["retry-after"] == "1"
    assert "Please wait 1 second, then try again." in page
    assert 'name="session[username]" value="ana"' in page
    clock.now += 1
    assert redirected_to(try_as(client, "ana", "supersecret")) == "/"


def test_a_try_that_has_to_wait_looks_at_no_password_and_asks_for_no_user(
    client: Client, clock: Clock, password_checks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        try_as(client, "ana")
    assert len(password_checks) == 5
    monkeypatch.setattr(accounts, "authenticate_by_username_and_pass", None)

    assert try_as(client, "ana").status_code == 429
    assert len(password_checks) == 5


def test_waiting_tells_nothing_of_whether_the_name_exists(client: Client, clock: Clock) -> None:
    user_fixture(username="ana")

    def seen(username: str) -> list[tuple[int, str | None, str]]:
        answers = [try_as(client, username) for _ in range(8)]
        return [
            (answer.status_code, answer.headers.get("retry-after"), anonymous(answer.text, username))
            for answer in answers
        ]

    def anonymous(page: str, username: str) -> str:
        lines = page.replace(username, "USER").splitlines()
        return "\n".join(line for line in lines if "_csrf_token" not in line and "nonce" not in line)

    assert seen("ana") == seen("nobody")


def test_the_right_user_logs_in_from_elsewhere_while_somebody_guesses(client: Client, clock: Clock) -> None:
    user_fixture(username="ana")
    for _ in range(12):
        clock.now += float(try_as(client, "ana").headers.get("retry-after", 0))
    assert try_as(client, "ana").status_code == 200
    assert try_as(client, "ana", "supersecret").status_code == 429

    assert redirected_to(try_as(client, "ana", "supersecret", ELSEWHERE)) == "/"


def test_an_address_that_tries_many_names_has_to_wait(client: Client, clock: Clock) -> None:
    answers = [try_as(client, f"name{number}").status_code for number in range(51)]
    assert answers == [200] * 50 + [429]
    assert try_as(client, "name51", address=ELSEWHERE).status_code == 200


def test_who_logs_in_never_waits(client: Client, clock: Clock) -> None:
    user_fixture(username="ana")
    for _ in range(51):  # from one address only 50 may fail
        assert redirected_to(try_as(client, "ana", "supersecret")) == "/"


def test_in_the_settings_only_wrong_passwords_count(client: Client, clock: Clock) -> None:
    user_fixture(username="ana")
    try_as(client, "ana", "supersecret")

    def change(current: str) -> int:
        fields = {"change": {"current_password": current, "password": "short"}}
        return client.submit("/settings/password", fields, method="PUT").status_code

    assert [change("supersecret") for _ in range(6)] == [200] * 6
    assert [change("wrong") for _ in range(6)] == [200] * 5 + [429]


def test_a_new_site_on_the_same_database_goes_on_counting(client: Client) -> None:
    for _ in range(5):
        try_as(client, "ana")
    restarted = make_app().test_client()
    assert isinstance(restarted, Client)
    assert try_as(restarted, "ana").status_code == 429


def test_the_clients_address_is_the_one_that_the_trusted_proxy_tells(client: Client) -> None:
    behind = make_app(trusted_proxies=1, throttle_store="memory").test_client()
    assert isinstance(behind, Client)

    def status(forwarded: str) -> int:
        fields = {"session": {"username": "ana", "password": "wrong"}}
        return behind.submit("/sessions", fields, headers={"X-Forwarded-For": forwarded}).status_code

    assert [status(f"203.0.113.9, {HERE}") for _ in range(6)] == [200] * 5 + [429]
    assert status(ELSEWHERE) == 200
    assert status(f"203.0.113.10, {HERE}") == 429, "what the client claims itself changes nothing"
    assert status(HERE) == 429


def test_who_the_site_was_too_busy_for_did_not_try(
    client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Busy("no place")

    monkeypatch.setattr(accounts, "authenticate_by_username_and_pass", busy)
    answers = [try_as(client, "ana") for _ in range(8)]
    assert {answer.status_code for answer in answers} == {503}
    assert int(answers[0].headers["retry-after"]) > 0


def test_who_waited_too_long_for_a_thread_is_turned_away_with_a_page(
    client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gthread, "is_late", lambda: True)
    answer = try_as(client, "ana")
    html_response(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


def test_registrations_of_one_address_are_limited_and_nothing_typed_is_lost(
    client: Client, clock: Clock
) -> None:
    def register(number: int, address: str = HERE):
        user = {"name": "Ana", "username": f"ana{number}", "password": "supersecret"}
        return client.submit("/users", {"user": user}, environ_base={"REMOTE_ADDR": address})

    assert [register(number).status_code for number in (1, 2)] == [302, 302]
    answer = register(3)
    page = html_response(answer, 429)
    assert answer.headers["retry-after"] == "1800"
    assert "Please wait 1800 seconds" in page
    assert 'value="ana3"' in page
    assert "supersecret" not in page
    assert accounts.get_user_by(username="ana3") is None
    assert register(4, ELSEWHERE).status_code == 302


def test_a_refusal_by_throttling_is_told_without_a_name(
    client: Client, clock: Clock, told: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(6):
            try_as(client, "typed by mistake\r\nlogin user_id=1")
    assert told == [
        *[("log_in.refused", {}, {"reason": "not_found"})] * 5,
        ("throttle.refused", {"wait_s": 1}, {"action": "log in"}),
    ]
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("rumbl_web")]
    assert sum(line.startswith("login_refused") for line in lines) == 5
    assert sum(line.startswith("throttled") for line in lines) == 1
    assert not any("mistake" in line or "\n" in line for line in lines)


def test_any_page_can_ask_who_may_go_on(app: Flask, clock: Clock) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": HERE}):
        assert [turnstile.allow("register") for _ in range(3)] == [0, 0, 1800]
        assert turnstile.allow("something else") == 0
        answer = turnstile.wait("page", 7)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
