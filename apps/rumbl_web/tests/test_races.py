"""What happens to pages whose rows others change at the same moment: real threads, connections and commits.

Whoever comes too late gets a message or a 404, never a crash, and nothing is half written. A bug of ours
still crashes loudly.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import psycopg
import pytest
from flask import Flask

from rumbl_core import accounts, multimedia
from rumbl_core.accounts import User
from rumbl_core.multimedia import Video
from rumbl_core.testing import user_fixture, video_fixture
from rumbl_web import auth
from rumbl_web.testing import Client, html_response, make_app, redirected_to

T = TypeVar("T")
Delete = Callable[[str, int], None]
VIDEO = {"url": "http://youtu.be", "title": "vid", "description": "a vid"}


@pytest.fixture(scope="module")
def made() -> Flask:
    """One for all: it keeps nothing of a test."""
    return make_app()


@pytest.fixture
def site(made: Flask, committed_database: str) -> Flask:
    """A site on a real pool."""
    return made


@pytest.fixture
def delete(committed_database: str) -> Delete:
    """`delete(table, id)` removes a row as somebody else would, over a connection of its own."""

    def remove(table: str, id: int) -> None:
        with psycopg.connect(committed_database) as connection:
            connection.execute(f"DELETE FROM {table} WHERE id = %s", (id,))

    return remove


@pytest.fixture
def ana(site: Flask) -> User:
    """A user with an account."""
    return user_fixture(username="ana", name="Ana")


def logged_in(site: Flask, username: str = "ana") -> Client:
    """A browser with a session of its own."""
    browser = site.test_client()
    assert isinstance(browser, Client)
    fields = {"session": {"username": username, "password": "supersecret"}}
    redirected_to(browser.submit("/sessions", fields))
    return browser


def at_once(works: list[Callable[[], T]]) -> list[T]:
    """Do all of it, each in a thread, let go at the same moment."""
    gate = threading.Barrier(len(works), timeout=10)

    def run(work: Callable[[], T]) -> T:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def before(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, happens: Callable[[], None]) -> None:
    """Let something happen right before the function `name` of `place` runs."""
    real = getattr(place, name)

    def late(*args: Any, **options: Any) -> Any:
        happens()
        return real(*args, **options)

    monkeypatch.setattr(place, name, late)


def test_of_registrations_of_one_name_at_once_one_wins_and_the_others_get_the_form(site: Flask) -> None:
    def register(username: str) -> Callable[[], Any]:
        browser = cast("Client", site.test_client())
        fields = {"name": "Ana", "username": username, "password": "a good password"}
        return lambda: browser.submit("/users", {"user": fields})

    answers = at_once([register(username) for username in ("eva", "EVA", "Eva", "eva")])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    refused = [answer.text for answer in answers if answer.status_code == 200]
    assert all("has already been taken" in page for page in refused)
    assert len(accounts.list_users()) == 1


def test_a_category_that_goes_between_form_and_submit_is_told_beside_the_select(
    site: Flask, ana: User, delete: Delete
) -> None:
    category = multimedia.create_category_or_raise("Action")
    browser = logged_in(site)
    assert ">Action</option>" in html_response(browser.get("/manage/videos/new"))

    delete("categories", category.id)
    page = html_response(browser.submit("/manage/videos", {"video": {**VIDEO, "category_id": category.id}}))

    assert 'id="video_category_id_error_1">does not exist<' in page
    assert 'value="vid"' in page, "what was typed is still there"
    assert multimedia.list_videos() == []


def test_a_category_that_goes_during_an_update_is_told_too(
    site: Flask, ana: User, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    category, video = multimedia.create_category_or_raise("Action"), video_fixture(ana)
    browser = logged_in(site)
    before(monkeypatch, multimedia, "update_video", lambda: delete("categories", category.id))

    fields = {"video": {"title": "new", "category_id": category.id}}
    page = html_response(browser.submit(f"/manage/videos/{video.id}", fields, method="PUT"))

    assert 'id="video_category_id_error_1">does not exist<' in page
    assert multimedia.get_video_or_raise(video.id).title == video.title, "nothing is half written"


@pytest.mark.parametrize(
    ("method", "function"),
    [
        ("PUT", "get_user_video_or_raise"),
        ("PUT", "update_video"),
        ("DELETE", "get_user_video_or_raise"),
        ("DELETE", "delete_video"),
    ],
)
def test_a_video_that_goes_while_it_is_edited_is_not_found(
    site: Flask, ana: User, delete: Delete, monkeypatch: pytest.MonkeyPatch, method: str, function: str
) -> None:
    video = video_fixture(ana)
    browser = logged_in(site)
    html_response(browser.get(f"/manage/videos/{video.id}/edit"))
    before(monkeypatch, multimedia, function, lambda: delete("videos", video.id))

    answer = browser.submit(f"/manage/videos/{video.id}", {"video": {"title": "new"}}, method=method)

    assert "may have been deleted" in html_response(answer, 404)


def test_a_video_that_goes_while_its_page_is_made_is_a_page_without_notes_then_not_found(
    site: Flask, ana: User, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = video_fixture(ana)
    before(monkeypatch, multimedia, "list_annotations", lambda: delete("videos", video.id))
    browser = cast("Client", site.test_client())

    html_response(browser.get(f"/watch/{video.id}"))
    html_response(browser.get(f"/watch/{video.id}"), 404)


def test_updates_at_once_are_whole_and_keep_what_only_one_of_them_changed(site: Flask, ana: User) -> None:
    video = video_fixture(ana)
    browsers = [logged_in(site) for _ in range(4)]
    sent = [{"title": "first film"}, {"title": "second film"}, {"description": "new"}, {"url": "http://new"}]

    def update(browser: Client, fields: dict[str, str]) -> Callable[[], str]:
        path = f"/manage/videos/{video.id}"
        return lambda: redirected_to(browser.submit(path, {"video": fields}, method="PUT"))

    at_once([update(browser, fields) for browser, fields in zip(browsers, sent, strict=True)])

    stored: Video = multimedia.get_video_or_raise(video.id)
    assert (stored.title, stored.slug) in {("first film", "first-film"), ("second film", "second-film")}
    assert (stored.description, stored.url) == ("new", "http://new")


def test_of_an_update_and_deletions_at_once_the_late_ones_are_not_found(site: Flask, ana: User) -> None:
    video = video_fixture(ana)
    browsers = [logged_in(site) for _ in range(3)]

    def send(browser: Client, method: str) -> Callable[[], int]:
        path = f"/manage/videos/{video.id}"
        return lambda: browser.submit(path, {"video": {"title": "new"}}, method=method).status_code

    methods = ["DELETE", "DELETE", "PUT"]
    *deleted, updated = at_once([send(b, method) for b, method in zip(browsers, methods, strict=True)])

    assert sorted(deleted) == [302, 404]
    assert updated in {302, 404}
    assert multimedia.get_video(video.id) is None


def test_a_member_whose_account_goes_during_a_request_is_logged_out(
    site: Flask, ana: User, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(site)
    before(monkeypatch, multimedia, "create_video", lambda: delete("users", ana.id))

    assert redirected_to(browser.submit("/manage/videos", {"video": VIDEO})) == "/"

    assert auth.MUST_LOG_IN in html_response(browser.get("/"))
    assert redirected_to(browser.get("/manage/videos")) == "/"
    assert multimedia.list_videos() == []


def test_a_failure_of_a_member_whose_account_is_there_stays_a_crash(
    site: Flask, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    browser = logged_in(site)
    before(monkeypatch, multimedia, "create_video", crash)

    html_response(browser.submit("/manage/videos", {"video": VIDEO}), 500)


def test_an_account_that_goes_during_its_log_in_is_not_found(
    site: Flask, ana: User, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cast("Client", site.test_client())
    before(monkeypatch, accounts, "create_session_token", lambda: delete("users", ana.id))

    answer = browser.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})

    html_response(answer, 404)
    assert redirected_to(browser.get("/users")) == "/"


@pytest.mark.trap(12)
def test_an_owner_that_never_was_is_a_bug_of_ours_and_crashes_with_the_request_s_id(
    site: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    browser = cast("Client", site.test_client())
    cast("dict[str, Any]", browser.environ_base)[auth.TEST_USER_KEY] = User(id=2**40, username="x", name="x")

    with caplog.at_level(logging.ERROR):
        answer = browser.submit("/manage/videos", {"video": VIDEO})

    page, id = html_response(answer, 500), answer.headers["x-request-id"]
    assert id in re.sub(r"<[^>]+>", " ", page)
    assert any(f"id={id}" in record.getMessage() for record in caplog.records)
    assert "videos_user_id_fkey" in caplog.text
    assert "videos_user_id_fkey" not in page
