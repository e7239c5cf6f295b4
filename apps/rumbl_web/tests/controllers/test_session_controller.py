from __future__ import annotations

import pytest

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.controllers.session_controller import REFUSED
from rumbl_web.testing import Client, html_response, redirected_to

EVIL_PATHS = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "https:evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "/%0d%0aset-cookie:x=1\r\n",
    "/a\r\nset-cookie: x=1",
    "/\t/evil.example",
    "javascript:alert(1)",
    "watch/1",
    "",
    "/" + "a" * 3000,
]


def credentials(username: str, password: str = "supersecret") -> dict[str, object]:
    return {"session": {"username": username, "password": password}}


def test_new_has_the_form(client: Client) -> None:
    page = html_response(client.get("/sessions/new"))

    assert "<h1>Login</h1>" in page
    assert 'name="session[username]"' in page
    assert 'type="password" id="session_password" name="session[password]"' in page


def test_create_logs_in_and_greets(client: Client) -> None:
    user_fixture(username="ana")

    assert redirected_to(client.submit("/sessions", credentials("ana"))) == "/"

    page = html_response(client.get("/"))
    assert "Welcome back!" in page
    assert 'class="nav-username">ana<' in page
    assert "Log out" in page


@pytest.mark.parametrize(("username", "password"), [("ana", "wrong"), ("nobody", "supersecret"), ("", "")])
@pytest.mark.trap(1)
def test_create_refuses_with_one_text_whatever_the_reason(
    client: Client, username: str, password: str
) -> None:
    user_fixture(username="ana")

    page = html_response(client.submit("/sessions", credentials(username, password)))

    assert f'<p class="alert alert-danger" role="alert">{REFUSED}</p>' in page
    assert f'name="session[username]" value="{username}"' in page
    assert "Login" in page


def test_both_refusals_are_the_same_page(client: Client) -> None:
    user_fixture(username="ana")

    def anonymous(page: str, username: str) -> list[str]:
        lines = page.replace(username, "USER").splitlines()
        return [line for line in lines if "_csrf_token" not in line and "nonce" not in line]

    wrong = html_response(client.submit("/sessions", credentials("ana", "wrong")))
    unknown = html_response(client.submit("/sessions", credentials("bob", "wrong")))

    assert anonymous(wrong, "ana") == anonymous(unknown, "bob")


@pytest.mark.trap(1)
def test_a_refusal_is_not_shown_again_on_the_next_page(client: Client) -> None:
    client.submit("/sessions", credentials("nobody"))

    assert REFUSED not in html_response(client.get("/sessions/new"))


@pytest.mark.trap(6)
def test_a_backend_user_without_a_password_is_refused(client: Client) -> None:
    user_fixture(username="wolfram", name="Wolfram")

    assert REFUSED in html_response(client.submit("/sessions", credentials("wolfram", "")))


@pytest.mark.trap(7)
def test_nested_credentials_do_not_crash(client: Client) -> None:
    fields = {"session": {"username": {"a": "b"}, "password": {"x": "1"}}}

    assert REFUSED in html_response(client.submit("/sessions", fields))


def test_a_login_without_fields_is_a_bad_request(client: Client) -> None:
    html_response(client.submit("/sessions"), 400)


@pytest.mark.trap(8)
def test_login_starts_a_new_session_with_a_new_forgery_secret(client: Client) -> None:
    user_fixture(username="ana")
    before = client.csrf_token()
    client.submit("/sessions", credentials("ana"))

    answer = client.post("/users", data={"_csrf_token": before, "user[name]": "x"})

    html_response(answer, 403)


@pytest.mark.trap(8)
def test_login_ends_the_session_that_the_browser_had(client: Client, ended_sessions) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", credentials("ana"))
    with client.session_transaction() as session:
        first = session["user_token"]

    client.submit("/sessions", credentials("ana"))

    assert accounts.get_user_by_session_token(first) is None
    assert ended_sessions == [accounts.session_ref(first)]


@pytest.mark.trap(36)
def test_delete_ends_the_session_and_its_sockets(client: Client, ended_sessions) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", credentials("ana"))
    with client.session_transaction() as session:
        token = session["user_token"]

    answer = client.submit("/sessions/1", {"_method": "delete"})

    assert redirected_to(answer) == "/"
    assert "Log in" in html_response(client.get("/"))
    assert ended_sessions == [accounts.session_ref(token)]


def test_a_copied_cookie_is_worthless_after_the_log_out(client: Client) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", credentials("ana"))
    copied = client.get_cookie("_rumbl_key")
    assert copied is not None
    client.submit("/sessions/1", {"_method": "delete"})

    client.set_cookie("_rumbl_key", copied.value)

    assert redirected_to(client.get("/users")) == "/"


def test_logging_out_as_a_guest_does_nothing(client: Client, ended_sessions) -> None:
    assert redirected_to(client.submit("/sessions/anything", method="DELETE")) == "/"
    assert ended_sessions == []


def test_login_goes_on_to_the_page_that_asked_for_it(client: Client) -> None:
    user_fixture(username="ana")
    form = html_response(client.get("/sessions/new?next=/watch/13-jos%25C3%25A9"))
    assert 'name="next" value="/watch/13-jos%C3%A9"' in form

    answer = client.submit("/sessions", {**credentials("ana"), "next": "/watch/13-jos%C3%A9"})

    assert redirected_to(answer) == "/watch/13-jos%C3%A9"


def test_a_refused_login_still_knows_where_to_go(client: Client) -> None:
    page = html_response(client.submit("/sessions", {**credentials("nobody"), "next": "/watch/1-x"}))

    assert 'name="next" value="/watch/1-x"' in page


@pytest.mark.parametrize("path", EVIL_PATHS)
def test_login_never_leads_away_from_the_site(client: Client, path: str) -> None:
    user_fixture(username="ana")

    assert redirected_to(client.submit("/sessions", {**credentials("ana"), "next": path})) == "/"
    assert 'name="next"' not in html_response(client.get("/sessions/new", query_string={"next": path}))


@pytest.mark.trap(36)
def test_a_link_cannot_log_anybody_out(client: Client) -> None:
    user_fixture(username="ana")
    client.submit("/sessions", credentials("ana"))

    html_response(client.get("/sessions/1"), 405)
    assert "Log out" in html_response(client.get("/"))


@pytest.mark.trap(36)
def test_whatever_id_the_log_out_names_only_the_caller_goes(app, client: Client) -> None:
    other = user_fixture(username="ben")
    user_fixture(username="ana")
    stays = app.test_client()
    stays.submit("/sessions", credentials("ben"))
    client.submit("/sessions", credentials("ana"))

    client.submit(f"/sessions/{other.id}", {"_method": "delete"})

    assert redirected_to(client.get("/users")) == "/"
    assert "Listing Users" in html_response(stays.get("/users"))


@pytest.mark.trap(37)
@pytest.mark.parametrize("path", ["/users/new", "/sessions/new"])
def test_a_member_may_open_the_forms_of_guests(login_as, path: str) -> None:
    html_response(login_as(user_fixture()).get(path))
