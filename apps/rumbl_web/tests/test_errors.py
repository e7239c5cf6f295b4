from __future__ import annotations

import logging

import pytest

from rumbl_core.errors import NotFound, Unavailable
from rumbl_web.testing import Client, html_response, make_app


def raising(error: BaseException) -> Client:
    """A browser of a site whose every page at /crash raises `error`."""

    def crash() -> str:
        raise error

    app = make_app()
    app.add_url_rule("/crash", "crash", crash)
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


def test_a_context_s_not_found_is_a_404_page() -> None:
    page = html_response(raising(NotFound("no video '1'")).get("/crash"), 404)

    assert "Not Found" in page
    assert "no video" not in page


def test_a_database_that_is_away_is_a_503_page_that_asks_for_patience() -> None:
    page = html_response(raising(Unavailable("no connection became free")).get("/crash"), 503)

    assert "Service Unavailable" in page
    assert "try again in a moment" in page
    assert "connection" not in page


def test_a_crash_is_a_500_page_that_tells_the_request_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = raising(RuntimeError("SELECT secret FROM users")).get("/crash")

    page = html_response(answer, 500)
    assert "Internal Server Error" in page
    assert f"Request {answer.headers['x-request-id']}" in page
    assert "SELECT" not in page
    assert "RuntimeError" not in page


def test_a_crash_is_logged_once_with_its_request_id(caplog: pytest.LogCaptureFixture) -> None:
    answer = raising(RuntimeError("boom")).get("/crash?x=%0aforged")

    crashes = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(crashes) == 1
    assert crashes[0].getMessage() == f"crash in crash id={answer.headers['x-request-id']}"
    assert crashes[0].exc_info is not None


def test_a_wrong_method_is_told_what_is_allowed(client: Client) -> None:
    answer = client.put("/users/new")

    html_response(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_error_pages_need_no_user_and_no_session(client: Client) -> None:
    answer = client.get("/nowhere")

    assert "Log in" not in html_response(answer, 404)
    assert "set-cookie" not in answer.headers


def test_an_error_for_something_that_takes_no_html_is_plain_text(client: Client) -> None:
    answer = client.get("/nowhere", headers={"accept": "application/json"})

    assert (answer.status_code, answer.mimetype, answer.text) == (404, "text/plain", "Not Found")
