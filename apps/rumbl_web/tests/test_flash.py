from __future__ import annotations

import pytest
from flask import Flask, Response, redirect

from rumbl_web import flash, router
from rumbl_web.testing import Client, html_response, make_app


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sandbox: object) -> Client:
    """A browser on a site whose pages set a notice in every way."""
    app: Flask = make_app()
    actions = {
        "test.page": lambda: (flash.put("info", "on the page"), show())[1],
        "test.away": lambda: (flash.put("error", "after the redirect"), redirect("/test.show"))[1],
        "test.on": lambda: redirect("/test.show"),
        "test.show": show,
        "test.unchanged": lambda: (flash.put("info", "304"), Response(status=304))[1],
    }
    monkeypatch.setattr(router, "is_page", lambda endpoint: endpoint in actions)
    for name, action in actions.items():
        app.add_url_rule(f"/{name}", name, action)
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


def show() -> Response:
    return Response(f"info={flash.get('info')} error={flash.get('error')}", mimetype="text/html")


def test_a_notice_of_a_page_is_shown_there_and_never_again(browser: Client) -> None:
    assert html_response(browser.get("/test.page")) == "info=on the page error="
    assert html_response(browser.get("/test.show")) == "info= error="


def test_a_notice_of_a_redirect_is_shown_on_the_next_page_only(browser: Client) -> None:
    browser.get("/test.away")

    assert html_response(browser.get("/test.show")) == "info= error=after the redirect"
    assert html_response(browser.get("/test.show")) == "info= error="


def test_a_notice_survives_a_chain_of_redirects(browser: Client) -> None:
    browser.get("/test.away")
    browser.get("/test.on")

    assert html_response(browser.get("/test.show")) == "info= error=after the redirect"


def test_a_notice_that_the_next_page_does_not_show_is_gone(browser: Client) -> None:
    browser.get("/test.away")
    browser.get("/test.unchanged")

    assert html_response(browser.get("/test.show")) == "info= error="


def test_not_modified_is_no_redirect(browser: Client) -> None:
    browser.get("/test.unchanged")

    assert html_response(browser.get("/test.show")) == "info= error="


@pytest.mark.parametrize("path", ["/nowhere", "/static/nothing.css", "/favicon.ico"])
def test_files_and_unknown_addresses_do_not_eat_a_notice(browser: Client, path: str) -> None:
    browser.get("/test.away")
    browser.get(path)

    assert "after the redirect" in html_response(browser.get("/test.show"))
