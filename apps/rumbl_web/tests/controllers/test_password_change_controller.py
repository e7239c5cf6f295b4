"""R42: a session cookie of before is refused after a log-in, a log-out and a change of the password."""

from __future__ import annotations

from flask import Flask

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.testing import Client, html_response, redirected_to

from .settings_browser import cookie, logged_in, replayed, token

GOOD = {"change": {"current_password": "supersecret", "password": "a better sentence"}}


def change(browser: Client, **fields: str):
    return browser.submit("/settings/password", {"change": {**GOOD["change"], **fields}}, method="PUT")


def test_every_other_session_ends_and_this_one_is_a_new_one(app: Flask, ended_sessions) -> None:
    user_fixture(username="ana")
    here, there = logged_in(app, "ana"), logged_in(app, "ana")
    before, tokens = cookie(here), [token(here), token(there)]

    assert redirected_to(change(here)) == "/settings/password"

    assert "Your password is changed." in html_response(here.get("/settings/password"))
    assert token(here) not in tokens
    assert set(ended_sessions) >= {accounts.session_ref(one) for one in tokens}
    for browser in (there, replayed(app, before)):
        assert redirected_to(browser.get("/users")) == "/"
    logged_in(app, "ana", "a better sentence")


def test_a_wrong_password_of_today_changes_nothing(app: Flask) -> None:
    user_fixture(username="ana")
    browser = logged_in(app, "ana")

    page = html_response(change(browser, current_password="wrong"))

    assert 'id="change_current_password_error_1">is not your password<' in page
    assert "a better sentence" not in page
    logged_in(app, "ana")


def test_a_bad_new_one_is_refused_beside_its_field(app: Flask) -> None:
    user_fixture(username="ana")

    page = html_response(change(logged_in(app, "ana"), password="password1"))

    assert 'id="change_password_error_1">is one of the passwords that are tried first<' in page


def test_whoever_guesses_has_to_wait(app: Flask) -> None:
    user_fixture(username="ana")
    browser = logged_in(app, "ana")

    tries = (change(browser, current_password=f"wrong {number}") for number in range(30))
    refused = next((answer for answer in tries if answer.status_code == 429), None)

    assert refused is not None
    assert int(refused.headers["retry-after"]) > 0


def test_the_cookie_of_before_the_log_in_is_a_guests(app: Flask) -> None:
    user_fixture(username="ana")
    guest = app.test_client()
    guest.get("/sessions/new")
    before = cookie(guest)
    guest.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})
    assert "Listing Users" in html_response(guest.get("/users"))

    assert redirected_to(replayed(app, before).get("/users")) == "/"


def test_the_cookie_of_before_the_log_out_is_a_guests(app: Flask) -> None:
    user_fixture(username="ana")
    browser = logged_in(app, "ana")
    before = cookie(browser)
    browser.submit("/sessions/1", method="DELETE")

    assert redirected_to(replayed(app, before).get("/users")) == "/"
