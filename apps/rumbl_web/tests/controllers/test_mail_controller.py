"""A mail address in the settings, and the link that confirms it."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.controllers.mail_controller import TAKEN, TOO_MANY, USELESS
from rumbl_web.mailer import EXTENSION, Mailer
from rumbl_web.testing import html_response, redirected_to

WANTED = {"user": {"email": "ana@example.org", "current_password": "supersecret"}}


def link(mails) -> str:
    found = re.search(r"http://localhost(/\S+)", mails[-1].get_content())
    assert found
    return found[1]


def wish(browser, address: str = "ana@example.org"):
    return browser.submit("/settings/mail", {"user": {**WANTED["user"], "email": address}}, method="PUT")


def confirm(browser, path: str):
    browser.get(path)
    return browser.submit("/mail/confirm")


def email(user) -> str | None:
    return accounts.get_user_or_raise(user.id).email


def test_an_address_is_confirmed_by_a_button_behind_the_link(login_as, mails) -> None:
    user = user_fixture(username="ana")
    browser = login_as(user)
    assert redirected_to(wish(browser)) == "/settings/mail"
    assert "Not confirmed yet: ana@example.org" in html_response(browser.get("/settings/mail"))
    assert mails[0]["To"] == "ana@example.org"

    opened = browser.get(link(mails))
    assert (redirected_to(opened), opened.headers["referrer-policy"]) == ("/mail/confirm", "no-referrer")
    page = html_response(browser.get("/mail/confirm"))
    assert "Is ana@example.org the mail address of the account ana?" in page
    assert email(user) is None

    assert redirected_to(browser.submit("/mail/confirm")) == "/settings/mail"
    assert email(user) == "ana@example.org"
    assert redirected_to(confirm(browser, link(mails))) == "/"


def test_a_guest_with_the_link_may_confirm_and_another_member_may_not(client, login_as, mails) -> None:
    user = user_fixture()
    wish(login_as(user))
    other = login_as(user_fixture())
    assert redirected_to(confirm(other, link(mails))) == "/"
    assert USELESS in html_response(other.get("/"))
    assert email(user) is None

    assert redirected_to(confirm(client, link(mails))) == "/"
    assert email(user) == "ana@example.org"


def test_the_address_before_is_told(login_as, mails) -> None:
    user = user_fixture()
    confirm(login_as(user), (wish(login_as(user)), link(mails))[1])
    mails.clear()
    browser = login_as(accounts.get_user_or_raise(user.id))
    wish(browser, "new@example.org")
    assert [mail["To"] for mail in mails] == ["new@example.org"]
    confirm(browser, link(mails))
    assert [mail["To"] for mail in mails] == ["new@example.org", "ana@example.org"]
    assert "new@example.org" not in mails[1].get_content()


REMOVE = {"removal": {"current_password": "supersecret"}}


def test_the_address_is_removed_by_the_password_and_it_is_told(login_as, mails) -> None:
    user = user_fixture(username="ana")
    confirm(login_as(user), (wish(login_as(user)), link(mails))[1])
    browser = login_as(accounts.get_user_or_raise(user.id))
    mails.clear()
    assert 'name="removal[current_password]"' in html_response(browser.get("/settings/mail"))

    assert redirected_to(browser.submit("/settings/mail", REMOVE, method="DELETE")) == "/settings/mail"

    assert "Your account has no mail address any more." in html_response(browser.get("/"))
    assert email(user) is None
    page = html_response(login_as(accounts.get_user_or_raise(user.id)).get("/settings/mail"))
    assert "ana@example.org" not in page
    assert "removal" not in page, "there is nothing to remove"
    assert [mail["To"] for mail in mails] == ["ana@example.org"]
    assert "has no mail address any more" in mails[0].get_content()


def test_a_wish_is_taken_back_and_nobody_is_told(login_as, mails) -> None:
    browser = login_as(user_fixture())
    wish(browser)
    mails.clear()
    browser.submit("/settings/mail", REMOVE, method="DELETE")
    assert "Not confirmed yet" not in html_response(browser.get("/settings/mail"))
    assert mails == []


def test_without_the_password_the_address_stays_and_guesses_are_counted(login_as, mails) -> None:
    user = user_fixture()
    confirm(login_as(user), (wish(login_as(user)), link(mails))[1])
    browser = login_as(accounts.get_user_or_raise(user.id))
    wrong = {"removal": {"current_password": "wrong"}}

    pages = [browser.submit("/settings/mail", wrong, method="DELETE") for _ in range(6)]

    assert 'id="removal_current_password_error_1">is not your password<' in html_response(pages[0])
    assert "Error: Mail" in pages[0].text
    assert pages[-1].status_code == 429
    assert email(user) == "ana@example.org"


def test_what_is_wrong_stands_beside_its_field(login_as, mails) -> None:
    browser = login_as(user_fixture())
    fields = {"user": {"email": "nowhere", "current_password": "wrong"}}
    page = html_response(browser.submit("/settings/mail", fields, method="PUT"))
    assert "must be a mail address, like ana@example.org" in page
    assert "is not your password" in page
    assert 'value="nowhere"' in page
    assert "wrong" not in page.replace("something went wrong", "")
    assert mails == []


def test_who_has_an_address_is_told_only_to_who_reads_its_mails(login_as, mails) -> None:
    first, second = user_fixture(), user_fixture()
    confirm(login_as(first), (wish(login_as(first)), link(mails))[1])
    browser = login_as(second)
    assert redirected_to(wish(browser)) == "/settings/mail"
    confirm(browser, link(mails))
    assert TAKEN in html_response(browser.get("/"))
    assert email(second) is None


def test_a_mail_is_sent_again_a_few_times(login_as, mails) -> None:
    browser = login_as(user_fixture())
    wish(browser)
    for _ in range(3):
        assert redirected_to(browser.submit("/settings/mail/again")) == "/settings/mail"
    assert len(mails) == 3
    assert TOO_MANY in html_response(browser.get("/settings/mail"))


@pytest.mark.parametrize("path", ["/mail/x", "/mail/" + "x" * 43])
def test_no_token_confirms_nothing(client, path: str) -> None:
    assert redirected_to(confirm(client, path)) == "/"
    assert redirected_to(client.get("/mail/confirm")) == "/"


def test_a_site_without_mail_asks_for_no_address(login_as, app: Flask) -> None:
    browser = login_as(user_fixture())
    before, app.extensions[EXTENSION] = app.extensions[EXTENSION], Mailer(None)
    try:
        page = html_response(browser.get("/settings/mail"))
        assert "This site sends no mail" in page
        assert "user[email]" not in page
        html_response(wish(browser), 404)
        assert "removal" not in page
        html_response(browser.submit("/settings/mail/again"), 404)
    finally:
        app.extensions[EXTENSION] = before


def test_a_site_that_sends_no_mail_any_more_lets_an_address_be_removed(login_as, app: Flask, mails) -> None:
    user = user_fixture()
    confirm(login_as(user), (wish(login_as(user)), link(mails))[1])
    browser = login_as(accounts.get_user_or_raise(user.id))
    before, app.extensions[EXTENSION] = app.extensions[EXTENSION], Mailer(None)
    try:
        assert "Confirmed: ana@example.org" in html_response(browser.get("/settings/mail"))
        browser.submit("/settings/mail", REMOVE, method="DELETE")
    finally:
        app.extensions[EXTENSION] = before
    assert email(user) is None
