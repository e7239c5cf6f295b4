from __future__ import annotations

from flask import Flask, session

from rumbl_web.mailed_link import MAX_TOKEN, MailedLink

LINK = MailedLink("a_token", "page.index")


def test_a_token_is_out_of_the_address_and_told_to_nobody(app: Flask) -> None:
    with app.test_request_context("/reset/secret"):
        answer = LINK.open("secret")
        assert (answer.headers["location"], answer.headers["referrer-policy"]) == ("/", "no-referrer")
        assert LINK.token() == "secret"


def test_links_of_two_purposes_do_not_meet_and_a_token_can_be_forgotten(app: Flask) -> None:
    with app.test_request_context("/"):
        LINK.open("secret")
        other = MailedLink("another_token", "page.index")
        assert other.token() is None
        other.forget()
        LINK.forget()
        LINK.forget()
        assert LINK.token() is None


def test_a_token_of_any_length_fits_into_the_cookie(app: Flask) -> None:
    with app.test_request_context("/"):
        LINK.open("x" * 100_000)
        assert session["a_token"] == "x" * MAX_TOKEN
