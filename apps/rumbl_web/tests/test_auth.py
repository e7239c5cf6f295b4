"""The book's tests of the auth plug, and what it leaves untested."""

from __future__ import annotations

import pytest
from flask import Flask, g, session

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web import auth, flash
from rumbl_web.testing import Client, html_response, redirected_to


@pytest.mark.spec("T26", "authenticate_user halts when no current_user exists")
@pytest.mark.trap(2)
def test_authenticate_user_halts_when_no_current_user_exists(app: Flask) -> None:
    called = []
    guarded = auth.authenticate_user(lambda user: called.append(user) or "page")
    with app.test_request_context("/users"):
        auth.fetch_current_user()
        answer = guarded()

        assert called == []
        assert (answer.status_code, answer.location) == (302, "/")
        assert flash.get("error") == "You must be logged in to access that page"


@pytest.mark.spec("T27", "authenticate_user for existing current_user")
def test_authenticate_user_for_existing_current_user(app: Flask) -> None:
    user = user_fixture()
    guarded = auth.authenticate_user(lambda current_user, id: (current_user, id))
    with app.test_request_context("/users/7"):
        g.current_user = user
        assert guarded(id="7") == (user, "7")


@pytest.mark.spec("T28", "login puts the user in the session")
def test_login_puts_the_user_in_the_session(client: Client) -> None:
    user = user_fixture(username="ana")
    client.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})

    with client.session_transaction() as kept:
        found = accounts.get_user_by_session_token(kept["user_token"])
    assert found is not None
    assert found.id == user.id


@pytest.mark.spec("T29", "logout drops the session")
def test_logout_drops_the_session(client: Client) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})
    client.submit("/sessions/1", method="DELETE")

    with client.session_transaction() as kept:
        assert "user_token" not in kept


@pytest.mark.spec("T30", "call places user from session into assigns")
def test_call_places_user_from_session_into_assigns(app: Flask) -> None:
    user = user_fixture()
    with app.test_request_context("/"):
        session["user_token"] = accounts.create_session_token(user)
        auth.fetch_current_user()

        found = auth.current_user()
        assert found is not None
        assert found.id == user.id
        assert auth.session_ref() == accounts.session_ref(session["user_token"])


@pytest.mark.spec("T31", "call with no session sets current_user assign to nil")
def test_call_with_no_session_sets_current_user_assign_to_nil(app: Flask) -> None:
    with app.test_request_context("/"):
        auth.fetch_current_user()

        assert auth.current_user() is None
        assert auth.session_ref() is None


@pytest.mark.parametrize("token", ["forged", 7, None, ["x"], "x" * 10_000, "a\0b"])
def test_a_session_with_a_strange_token_is_nobody(app: Flask, token: object) -> None:
    with app.test_request_context("/"):
        session["user_token"] = token
        auth.fetch_current_user()

        assert auth.current_user() is None


@pytest.mark.trap(38)
def test_a_user_given_by_a_test_comes_before_the_session(login_as) -> None:
    browser = login_as(user_fixture(username="given"))
    user_fixture(username="ana")
    browser.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})

    assert 'class="nav-username">given<' in html_response(browser.get("/"))


@pytest.mark.parametrize(
    "header", ["rumbl.test.current_user", "RUMBL-TEST-CURRENT-USER", "rumbl_test_current_user"]
)
@pytest.mark.trap(38)
def test_no_header_of_a_client_sets_the_user(client: Client, header: str) -> None:
    assert redirected_to(client.get("/users", headers={header: "1"})) == "/"


def test_a_cookie_that_was_altered_is_an_empty_session(client: Client) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})
    cookie = client.get_cookie("_rumbl_key")
    assert cookie is not None

    client.set_cookie("_rumbl_key", cookie.value[:-2] + "xx")

    assert redirected_to(client.get("/users")) == "/"


@pytest.mark.parametrize(
    "path", ["/", "/watch/13-a-film", "/watch/13-jos%C3%A9", "/users?after=5", "/a#b", "/@x"]
)
def test_a_local_path_is_kept(path: str) -> None:
    assert auth.local_path(path) == path


@pytest.mark.parametrize(
    "path", [None, "", "x", "//x", "/\\x", "/a\\b", "http://x", "/a b", "/a\n", "\t/", "/é\x7f"]
)
def test_everything_else_is_no_local_path(path: str | None) -> None:
    assert auth.local_path(path) is None
