from __future__ import annotations

import gc
import logging
import re
import tracemalloc
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask, abort, request
from jinja2 import ChoiceLoader, DictLoader
from markupsafe import escape
from werkzeug.exceptions import TooManyRequests

from rumbl_core.errors import NotFound, Unavailable
from rumbl_web import accepted, bare_page, errors
from rumbl_web.testing import Client, html_response, make_app
from rumbl_web.views import error_view

STANDING = ("error/", "layout/_logo")
ABORT = "test.abort"


def raising(error: BaseException) -> Client:
    """A browser of a site whose every page at /crash raises `error`."""

    def crash() -> str:
        raise error

    app = make_app()
    app.add_url_rule("/crash", "crash", crash)
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


@pytest.fixture(scope="module")
def aborting_site() -> Flask:
    """A site whose page at /crash answers with the error that a browser's environment names."""
    app = make_app()
    app.add_url_rule("/crash", "crash", lambda: abort(request.environ[ABORT]), methods=["GET", "POST"])
    return app


@pytest.fixture
def aborting(aborting_site: Flask) -> Callable[[int], Client]:
    """`aborting(status)`: a browser that gets this error at /crash, whatever it sends."""

    def browser_of(status: int) -> Client:
        browser = aborting_site.test_client()
        assert isinstance(browser, Client)
        cast("dict[str, Any]", browser.environ_base)[ABORT] = status
        return browser

    return browser_of


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


@pytest.mark.trap(39)
def test_error_pages_need_no_user_and_no_session(client: Client) -> None:
    answer = client.get("/nowhere")

    assert "Log in" not in html_response(answer, 404)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("accept", ["image/*", "text/plain", "text/css"])
def test_an_error_for_something_that_takes_no_page_is_plain_text(client: Client, accept: str) -> None:
    answer = client.get("/nowhere", headers={"accept": accept})

    assert (answer.status_code, answer.mimetype, answer.text) == (404, "text/plain", "Not Found")


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.1", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/problem+json", "application/problem+json"),
        ("text/html, application/json;q=0.9", "text/html"),
        ("*/*", "text/html"),
        ("", "text/html"),
    ],
)
def test_a_program_that_asks_for_json_gets_the_error_as_json(
    client: Client, accept: str, mimetype: str
) -> None:
    answer = client.get("/nowhere", headers={"accept": accept} if accept else {})

    assert (answer.status_code, answer.mimetype) == (404, mimetype)


def test_the_json_has_the_phrase_as_phoenix_gives_it_and_the_request(client: Client) -> None:
    answer = client.get("/nowhere", headers={"accept": "application/json"})

    assert answer.json == {
        "status": 404,
        "title": "Not Found",
        "detail": error_view.explanation(404),
        "errors": {"detail": "Not Found"},
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 414, 415, 418, 429])
def test_every_error_says_what_to_do_and_leads_home(aborting: Callable[[int], Client], status: int) -> None:
    answer = aborting(status).get("/crash")

    page = html_response(answer, status)
    assert f"<h1>{error_view.TITLES.get(status, escape(bare_page.phrase(status)))}</h1>" in page
    assert str(escape(error_view.explanation(status))) in page
    assert 'href="/"' in page
    assert answer.headers["x-request-id"] not in page, "an id is for what we have to look into"


@pytest.mark.parametrize(("status", "offered"), [(404, False), (429, True), (500, True), (503, True)])
def test_what_may_pass_can_be_tried_again(
    aborting: Callable[[int], Client], status: int, offered: bool
) -> None:
    site = aborting(status)

    assert ("Try again</a>" in html_response(site.get("/crash"), status)) == offered
    assert "Try again</a>" not in html_response(site.post("/crash"), status), "a link sends no form again"


def test_who_came_from_a_page_of_ours_can_go_back_to_it(aborting: Callable[[int], Client]) -> None:
    def links(referrer: str) -> str:
        page = aborting(403).post("/crash", headers={"referer": referrer})
        return " ".join(re.findall(r'href="([^"]+)">Go back', page.text))

    assert links("http://localhost/watch/1?x=1#top") == "/watch/1?x=1"
    for foreign in (
        "http://evil.example/",
        "http://localhost//evil.example",
        "javascript:alert(1)",
        "http://[",
    ):
        assert links(foreign) == ""


def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    answer = raising(TooManyRequests(retry_after=90)).get("/crash")

    assert "Try again in 90 seconds" in html_response(answer, 429)
    assert answer.headers.getlist("retry-after") == ["90"]


def test_who_meets_a_database_that_is_away_is_told_when_to_come_back(client: Client) -> None:
    answer = raising(Unavailable("away")).get("/crash", headers={"accept": "application/json"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_an_error_is_answered_to_head_without_its_page(client: Client) -> None:
    answer = client.head("/nowhere")

    assert (answer.status_code, answer.mimetype, answer.data) == (404, "text/html", b"")


def test_a_site_below_the_root_keeps_its_links_on_error_pages() -> None:
    site = make_app(url="https://example.org/rumbl").test_client()

    for path in ("/rumbl/nowhere", "/outside"):
        page = html_response(site.get(path), 404)
        assert 'href="/rumbl/"' in page
        assert re.findall(r'href="(?!/rumbl/)[^"]*"', page) == []


def test_a_crash_of_the_error_page_itself_is_still_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_arguments: object, **_options: object) -> str:
        raise RuntimeError("the error page is broken")

    monkeypatch.setattr(error_view, "page", breaks)
    answer = raising(RuntimeError("boom")).get("/crash")

    page = html_response(answer, 500)
    assert "<h1>Internal Server Error</h1>" in page
    assert f"Request {answer.headers['x-request-id']}" in page
    assert "broken" not in page
    assert "content-security-policy" in answer.headers


def test_an_error_page_asks_neither_the_database_nor_the_layout(
    monkeypatch: pytest.MonkeyPatch, database_away: None
) -> None:
    site = raising(RuntimeError("boom"))
    environment = site.application.jinja_env
    broken = {name: "{{ broken(" for name in environment.list_templates() if not name.startswith(STANDING)}
    monkeypatch.setattr(environment, "loader", ChoiceLoader([DictLoader(broken), environment.loader]))

    assert "It is written down" in html_response(site.get("/crash"), 500)
    assert "nothing at this address" in html_response(site.get("/nowhere"), 404)
    assert "It is written down" in html_response(site.get("/sessions/new"), 500)


@pytest.mark.parametrize("path", ["/", "/sessions/new", "/users", "/watch/1", "/manage/videos"])
def test_a_site_whose_database_is_away_says_so_to_members(
    path: str, database_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    browser = make_app().test_client()
    with browser.session_transaction() as session:
        session["user_token"] = "of somebody who logged in when all was well"

    answer = browser.get(path)

    assert "database is away" in html_response(answer, 503)
    assert answer.headers["retry-after"] == "5"
    [said] = [record for record in caplog.records if record.name == "rumbl_web.errors"]
    assert answer.headers["x-request-id"] in said.getMessage()


def test_what_needs_no_database_works_without_one(database_away: None) -> None:
    browser = make_app().test_client()

    html_response(browser.get("/sessions/new"))
    html_response(browser.get("/nowhere"), 404)
    html_response(browser.get("/"), 503)


def test_long_lists_of_what_clients_take_are_not_kept_taken_apart(app: Flask) -> None:
    entries = range(accepted.MAX_ENTRIES)  # the rest is not even looked at
    headers = [",".join(f"{number}/{each:030}" for each in entries) for number in range(16)]
    takes_no_page(app, "image/png")  # the first request makes what all others use

    tracemalloc.start()
    try:
        for header in headers:
            takes_no_page(app, header)
        gc.collect()  # or Python keeps places for tuples that come later
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < sum(map(len, headers))


def takes_no_page(app: Flask, accept: str) -> None:
    with app.test_request_context(headers={"accept": accept}):
        assert not errors.wants_html()
