"""A lost password, from the form to the log-in, and what must not work."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.result import Ok
from rumbl_core.testing import user_fixture
from rumbl_web import gettext
from rumbl_web.controllers.reset_controller import ASKED, USELESS
from rumbl_web.endpoint import create_endpoint
from rumbl_web.mail import Collected, Smtp
from rumbl_web.mailer import EXTENSION, Mailer
from rumbl_web.testing import Client, html_response, make_settings, redirected_to
from rumbl_web.views import mail_view

PASSWORD = "supersecret"
NEW = {"user": {"password": "quite another"}}


def member(address: str = "ana@example.org", username: str = "ana") -> User:
    user = user_fixture(username=username)
    wanted = accounts.request_mail(user, {"email": address, "current_password": PASSWORD})
    assert isinstance(wanted, Ok)
    assert isinstance(accounts.confirm_mail(wanted.value.token), Ok)
    return accounts.get_user_or_raise(user.id)


def link(mails) -> str:
    found = re.search(r"http://localhost(/\S+)", mails[-1].get_content())
    assert found
    return found[1]


def ask(client: Client, login: str):
    return client.submit("/reset", {"reset": {"login": login}})


def logs_in(password: str) -> bool:
    return isinstance(accounts.authenticate_by_username_and_pass("ana", password), Ok)


def test_the_login_page_leads_there(client: Client) -> None:
    assert 'href="/reset/new"' in html_response(client.get("/sessions/new"))
    assert 'name="reset[login]"' in html_response(client.get("/reset/new"))


def test_a_lost_password_comes_back_by_mail(client: Client, mails, ended_sessions) -> None:
    user = member()
    session = accounts.create_session_token(user)
    assert redirected_to(ask(client, "ana")) == "/sessions/new"
    assert mails[0]["To"] == "ana@example.org"

    opened = client.get(link(mails))
    assert redirected_to(opened) == "/reset/edit"
    assert opened.headers["referrer-policy"] == "no-referrer"
    assert "For the account ana." in html_response(client.get("/reset/edit"))

    assert redirected_to(client.submit("/reset", NEW, method="PUT")) == "/sessions/new"
    assert logs_in("quite another")
    assert ended_sessions == [accounts.session_ref(session)]
    assert accounts.get_user_by_session_token(session) is None
    assert mails[1]["Subject"] == "Your password for rumbl was changed"


def test_opening_a_link_changes_nothing(client: Client, app: Flask, mails) -> None:
    member()
    ask(client, "ana")
    for _ in range(3):
        app.test_client().get(link(mails), follow_redirects=True)
    assert logs_in(PASSWORD)
    client.get(link(mails))
    html_response(client.get("/reset/edit"))


def test_known_and_unknown_get_the_same_answer(app: Flask, mails) -> None:
    member()
    answers = []
    for login in ("ana", "ana@example.org", "nobody", "nobody@example.org", "", "x" * 5000):
        browser = app.test_client()
        answer = ask(browser, login)
        page = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", browser.get("/sessions/new").text)
        answers.append((answer.status_code, answer.headers["location"], page))
    assert len(set(answers)) == 1
    assert ASKED in answers[0][2]
    assert [mail["To"] for mail in mails] == ["ana@example.org"] * 2


def test_whether_there_is_an_account_is_not_asked_while_somebody_waits(client: Client, app: Flask) -> None:
    member()
    asked = []
    quiet = Mailer(Collected())
    quiet.later = lambda job, *args: asked.append((job, args))  # type: ignore[method-assign]  # to see the job
    before, app.extensions[EXTENSION] = app.extensions[EXTENSION], quiet
    try:
        ask(client, "ana")
    finally:
        app.extensions[EXTENSION] = before
    assert len(asked) == 1
    assert asked[0][1][1] == "ana"


def test_a_used_link_is_useless(client: Client, mails) -> None:
    member()
    ask(client, "ana")
    path = link(mails)
    client.get(path)
    client.submit("/reset", NEW, method="PUT")
    client.get(path)
    assert (
        redirected_to(client.submit("/reset", {"user": {"password": "a third"}}, method="PUT"))
        == "/reset/new"
    )
    assert USELESS in html_response(client.get("/reset/new"))
    assert logs_in("quite another")


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "x" * 3000])
def test_no_token_is_no_key(client: Client, token: str) -> None:
    member()
    client.get(f"/reset/{token}")
    assert redirected_to(client.get("/reset/edit")) == "/reset/new"
    assert redirected_to(client.submit("/reset", NEW, method="PUT")) == "/reset/new"
    assert logs_in(PASSWORD)


def test_a_form_without_a_link_is_no_key(client: Client) -> None:
    member()
    assert redirected_to(client.submit("/reset", NEW, method="PUT")) == "/reset/new"


def test_a_bad_password_is_shown_with_its_error_and_the_link_stays_good(client: Client, mails) -> None:
    member()
    ask(client, "ana")
    client.get(link(mails))
    page = html_response(client.submit("/reset", {"user": {"password": "x"}}, method="PUT"))
    assert "should be at least 6 character(s)" in page
    assert redirected_to(client.submit("/reset", NEW, method="PUT")) == "/sessions/new"


def test_a_token_is_in_no_log(client: Client, mails, caplog: pytest.LogCaptureFixture) -> None:
    member()
    with caplog.at_level(logging.DEBUG):
        ask(client, "ana")
        client.get(link(mails))
    assert link(mails).removeprefix("/reset/") not in caplog.text
    assert "ana@example.org" not in caplog.text


def test_the_mail_speaks_the_language_of_who_asked(client: Client, mails) -> None:
    member()
    client.set_cookie(gettext.COOKIE, "de")
    ask(client, "ana")
    with gettext.speaking("de"):
        assert (
            mails[0]["Subject"]
            == gettext.gettext("Your new password for rumbl")
            != "Your new password for rumbl"
        )


def test_links_begin_with_the_public_address_whatever_the_host_header_says() -> None:
    site = create_endpoint(make_settings(url="https://rumbl.example/here"), mailer=Mailer(Collected()))
    with site.test_request_context("/here/reset", headers={"host": "evil.example"}):
        assert mail_view.link_start("reset.open").startswith("https://rumbl.example/")
    site = create_endpoint(make_settings(), mailer=Mailer(Smtp("smtp://mail.example")))
    with (
        site.test_request_context("/", headers={"host": "evil.example"}),
        pytest.raises(RuntimeError, match="RUMBL_URL"),
    ):
        mail_view.link_start("reset.open")


def test_a_site_without_mail_says_so(client: Client, app: Flask) -> None:
    before, app.extensions[EXTENSION] = app.extensions[EXTENSION], Mailer(None)
    try:
        assert "This site sends no mail." in html_response(client.get("/reset/new"))
        assert "This site sends no mail." in html_response(ask(client, "ana"))
    finally:
        app.extensions[EXTENSION] = before


def test_one_client_can_not_ask_for_ever(client: Client, mails) -> None:
    statuses = [ask(client, f"nobody{number}").status_code for number in range(12)]
    assert statuses[0] == 302
    assert statuses[-1] == 429
