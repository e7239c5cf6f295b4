from __future__ import annotations

from flask import Flask

from rumbl_core import accounts
from rumbl_core.testing import user_fixture
from rumbl_web.testing import html_response, redirected_to

from .settings_browser import logged_in, token


def test_the_list_tells_devices_apart_and_marks_this_one(app: Flask) -> None:
    user_fixture(username="ana")
    browser = logged_in(app, "ana")
    logged_in(app, "ana", agent="<script>alert(1)</script>")

    page = html_response(browser.get("/settings/sessions"))

    assert page.count("This one") == 1
    assert "Firefox on Linux" in page
    assert "Unknown device" in page
    assert "alert(1)" not in page
    assert "<bdi>203.0.*.*</bdi>" in page
    assert "203.0.113.9" not in page


def test_one_is_revoked_with_its_sockets(app: Flask, ended_sessions) -> None:
    user_fixture(username="ana")
    here, there = logged_in(app, "ana"), logged_in(app, "ana")
    ref = accounts.session_ref(token(there))

    answer = here.submit(f"/settings/sessions/{ref}", method="DELETE")

    assert redirected_to(answer) == "/settings/sessions"
    assert ended_sessions == [ref]
    assert redirected_to(there.get("/users")) == "/"
    html_response(here.get("/users"))
    html_response(here.submit(f"/settings/sessions/{ref}", method="DELETE"), 404)


def test_somebody_elses_is_not_there(app: Flask, ended_sessions) -> None:
    user_fixture(username="ana")
    user_fixture(username="bob")
    ana, bob = logged_in(app, "ana"), logged_in(app, "bob")

    answer = bob.submit(f"/settings/sessions/{accounts.session_ref(token(ana))}", method="DELETE")

    html_response(answer, 404)
    assert ended_sessions == []
    html_response(ana.get("/users"))


def test_to_revoke_this_one_is_to_log_out(app: Flask) -> None:
    user_fixture(username="ana")
    browser = logged_in(app, "ana")
    ref = accounts.session_ref(token(browser))

    assert redirected_to(browser.submit(f"/settings/sessions/{ref}", method="DELETE")) == "/"
    assert redirected_to(browser.get("/users")) == "/"


def test_all_others_are_logged_out(app: Flask, ended_sessions) -> None:
    user_fixture(username="ana")
    here, *others = [logged_in(app, "ana") for _ in range(3)]
    refs = {accounts.session_ref(token(other)) for other in others}

    assert redirected_to(here.submit("/settings/sessions", method="DELETE")) == "/settings/sessions"

    assert set(ended_sessions) == refs
    assert [redirected_to(other.get("/users")) for other in others] == ["/", "/"]
    html_response(here.get("/users"))
