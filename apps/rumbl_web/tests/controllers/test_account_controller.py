from __future__ import annotations

from flask import Flask

from rumbl_core import accounts, multimedia
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.endpoint import create_endpoint
from rumbl_web.testing import Client, html_response, make_settings, redirected_to

from .settings_browser import logged_in, token

GOOD = {"account": {"confirmation": "ana", "password": "supersecret"}}


def test_the_page_says_what_goes(login_as) -> None:
    user, other = user_fixture(), user_fixture()
    annotation_fixture(other, video_fixture(user))
    theirs = video_fixture(other)
    annotation_fixture(user, theirs)
    annotation_fixture(user, theirs)

    page = html_response(login_as(user).get("/settings/account"))

    assert "<li>your 1 video</li>" in page
    assert "<li>1 note on your videos, whoever wrote it</li>" in page
    assert "<li>2 notes of yours on videos of others, with their answers</li>" in page


def test_it_is_deleted_viewers_are_told_and_every_session_ends(app: Flask) -> None:
    told: list[int] = []
    ended: list[str] = []
    removed: list[tuple[int, ...]] = []
    site = create_endpoint(
        make_settings(),
        disconnect=ended.append,
        video_deleted=told.append,
        notes_removed=lambda *what: removed.append(what),
    )
    site.test_client_class = Client
    user = user_fixture(username="ana")
    video, noted = video_fixture(user), video_fixture(user_fixture())
    annotation_fixture(user, noted)
    here, there = logged_in(site, "ana"), logged_in(site, "ana")
    refs = {accounts.session_ref(token(browser)) for browser in (here, there)}

    assert redirected_to(here.submit("/settings/account", GOOD, method="DELETE")) == "/"

    assert "Your account is deleted." in html_response(here.get("/"))
    assert told == [video.id]
    assert removed == [(noted.id, user.id, 1)]
    assert set(ended) >= refs
    assert multimedia.get_video(video.id) is None
    assert redirected_to(there.get("/users")) == "/"
    page = html_response(
        here.submit("/sessions", {"session": {"username": "ana", "password": "supersecret"}})
    )
    assert "Invalid username/password combination" in page


def test_without_name_and_password_it_stays(app: Flask) -> None:
    user = user_fixture(username="ana")
    fields = {"account": {"confirmation": "anna", "password": "wrong"}}

    page = html_response(logged_in(app, "ana").submit("/settings/account", fields, method="DELETE"))

    assert 'id="account_confirmation_error_1">is not your username<' in page
    assert 'id="account_password_error_1">is not your password<' in page
    assert accounts.get_user(user.id) == user


def test_the_voice_of_a_backend_stays(login_as) -> None:
    wolfram = user_fixture(username="wolfram")
    fields = {"account": {"confirmation": "wolfram", "password": ""}}

    html_response(login_as(wolfram).submit("/settings/account", fields, method="DELETE"), 404)
    assert accounts.get_user(wolfram.id) == wolfram


def test_who_is_deleted_elsewhere_gets_no_crash(login_as) -> None:
    user = user_fixture(username="ana")
    browser = login_as(user)  # a request that began before
    login_as(user).submit("/settings/account", GOOD, method="DELETE")

    change = {"change": {"current_password": "supersecret", "password": "a better sentence"}}
    for method, path, fields in (
        ("PUT", "/settings/profile", {"profile": {"name": "x"}}),
        ("PUT", "/settings/password", change),
        ("DELETE", "/settings/account", GOOD),
    ):
        assert browser.submit(path, fields, method=method).status_code == 404, path
