from __future__ import annotations

import pytest

from info_sys.backends.catalogue import OWN
from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.auth import MUST_LOG_IN
from rumbl_web.controllers import user_controller
from rumbl_web.testing import Client, html_response, redirected_to

ANA = {"name": "Ana <3", "username": "ana", "password": "a good password"}


@pytest.mark.parametrize("name", [kind.name for kind in OWN])
def test_nobody_registers_as_the_voice_of_a_source(client: Client, name: str) -> None:
    answer = client.submit("/users", {"user": {**ANA, "username": name}})
    assert "is reserved" in html_response(answer)
    user = accounts.get_user_by(username=name)
    assert user is None or user.password_hash is None


@pytest.mark.parametrize("path", ["/users", "/users/1", "/users/abc"])
@pytest.mark.trap(2)
def test_guests_are_sent_home_with_a_notice(client: Client, path: str) -> None:
    assert redirected_to(client.get(path)) == "/"
    assert MUST_LOG_IN in html_response(client.get("/"))


def test_index_lists_everybody(login_as) -> None:
    user = user_fixture(name="José Valim")

    page = html_response(login_as(user).get("/users"))

    assert "<h1>Listing Users</h1>" in page
    assert f"<strong>José</strong> ({user.id})" in page
    assert f'href="/users/{user.id}"' in page


def test_index_finds_people_and_says_when_there_are_none(login_as) -> None:
    browser = login_as(user_fixture(name="José Valim", username="jose"))

    assert "<strong>José</strong>" in html_response(browser.get("/users?q=valim&sort=name"))
    nobody = html_response(browser.get("/users?q=%25&sort=name"))
    assert "<strong>" not in nobody
    assert "Nothing found for “%”" in nobody
    assert 'href="/users?sort=name">Clear the search<' in nobody


def test_index_is_paged(login_as, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_controller, "PAGE", 2)
    first, second, third = (user_fixture() for _ in range(3))
    browser = login_as(first)

    page = html_response(browser.get("/users"))
    rest = html_response(browser.get(f"/users?after={second.id}"))

    assert f'href="/users?after={second.id}"' in page
    assert f"({third.id})" not in page
    assert f"({third.id})" in rest
    assert "Next page" not in rest


@pytest.mark.parametrize("after", ["abc", "-1", "9" * 30, ""])
def test_a_strange_page_shows_the_first(login_as, after: str) -> None:
    assert "Listing Users" in html_response(login_as(user_fixture()).get(f"/users?after={after}"))


def test_show_tells_about_one_user(login_as) -> None:
    user = user_fixture(name="Chris McCord")

    page = html_response(login_as(user).get(f"/users/{user.id}"))

    assert "<h1>Showing User</h1>" in page
    assert f"<strong>Chris</strong> ({user.id})" in page


@pytest.mark.parametrize("id", ["0", "abc", "9" * 30, "1%00", "%F0%9F%98%80", "-1"])
@pytest.mark.trap(5)
def test_show_of_nobody_is_not_found(login_as, id: str) -> None:
    page = html_response(login_as(user_fixture()).get(f"/users/{id}"), 404)

    assert "Not Found" in page


@pytest.mark.trap(40)
def test_new_has_an_empty_form_without_complaints(client: Client) -> None:
    page = html_response(client.get("/users/new"))

    assert "<h1>New User</h1>" in page
    assert 'placeholder="Username"' in page
    assert "Create User" in page
    assert "Oops" not in page
    assert "help-block" not in page


@pytest.mark.trap(9, 10)
def test_create_registers_logs_in_and_greets_by_name(client: Client) -> None:
    assert redirected_to(client.submit("/users", {"user": ANA})) == "/users"

    page = html_response(client.get("/users"))

    assert "Ana &lt;3 created!" in page
    assert 'class="nav-username">ana<' in page
    assert accounts.get_user_by(username="ana") is not None


@pytest.mark.trap(41)
def test_create_refuses_and_keeps_what_was_typed_but_the_password(client: Client) -> None:
    fields = {**ANA, "username": "a" * 30, "password": "123"}

    page = html_response(client.submit("/users", {"user": fields}))

    assert "Oops, something went wrong! Please check the errors below." in page
    assert '<a href="#user_username">Username should be at most 20 character(s)</a>' in page
    assert (
        '<span class="help-block" id="user_password_error_1">should be at least 6 character(s)</span>' in page
    )
    assert 'aria-describedby="user_username_hint user_username_error_1 "' in page
    assert 'value="Ana &lt;3"' in page
    assert f'value="{"a" * 30}"' in page
    assert "123" not in page
    assert "<title>Error: New User" in page


def test_create_tells_every_blank_field(client: Client) -> None:
    page = html_response(client.submit("/users", {"user": {"name": ""}}))

    assert page.count('class="help-block"') == 3
    assert accounts.list_users() == []


def test_create_tells_a_taken_username(client: Client) -> None:
    user_fixture(username="ana")

    page = html_response(client.submit("/users", {"user": ANA}))

    assert "has already been taken" in page


@pytest.mark.parametrize("fields", [{}, {"user": "ana"}, {"other": {"name": "x"}}])
def test_create_without_a_user_is_a_bad_request(client: Client, fields: dict) -> None:
    assert "Bad Request" in html_response(client.submit("/users", fields), 400)


def test_create_survives_nested_values(client: Client) -> None:
    fields = {"name": "Ana", "username": {"x": "1"}, "password": {"y": {"z": "2"}}}

    page = html_response(client.submit("/users", {"user": fields}))

    assert "is invalid" in page


@pytest.mark.trap(8, 37)
def test_registering_while_logged_in_switches_to_the_new_user(client: Client, ended_sessions) -> None:
    client.submit("/users", {"user": ANA})
    client.submit("/users", {"user": {**ANA, "username": "ben"}})

    assert 'class="nav-username">ben<' in html_response(client.get("/users"))
    assert len(ended_sessions) == 1


def test_registering_goes_on_to_where_the_guest_wanted(client: Client) -> None:
    form = html_response(client.get("/users/new?next=/watch/1-x"))
    assert 'name="next" value="/watch/1-x"' in form

    assert redirected_to(client.submit("/users", {"user": ANA, "next": "/watch/1-x"})) == "/watch/1-x"


@pytest.mark.trap(8)
def test_registering_keeps_nothing_of_the_session_before(client: Client) -> None:
    planted = client.csrf_token()
    client.submit("/users", {"user": ANA})

    html_response(client.delete("/sessions/1", headers={"x-csrf-token": planted}), 403)
