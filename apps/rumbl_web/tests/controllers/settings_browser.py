"""Somebody who is logged in for real, on several devices."""

from __future__ import annotations

from flask import Flask

from rumbl_web.testing import Client, redirected_to

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def logged_in(app: Flask, username: str, password: str = "supersecret", agent: str = FIREFOX) -> Client:
    """A browser after the log-in form."""
    browser = app.test_client()
    assert isinstance(browser, Client)
    fields = {"session": {"username": username, "password": password}}
    answer = browser.submit(
        "/sessions", fields, headers={"user-agent": agent}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert redirected_to(answer) == "/"
    return browser


def cookie(browser: Client) -> str:
    """What somebody who copied the session cookie has."""
    kept = browser.get_cookie("_rumbl_key")
    assert kept is not None
    return kept.value


def replayed(app: Flask, value: str) -> Client:
    """A browser with a copied session cookie."""
    browser = app.test_client()
    assert isinstance(browser, Client)
    browser.set_cookie("_rumbl_key", value)
    return browser


def token(browser: Client) -> str:
    """The secret of the browser's session."""
    with browser.session_transaction() as session:
        return str(session["user_token"])
