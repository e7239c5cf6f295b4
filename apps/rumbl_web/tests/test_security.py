from __future__ import annotations

import re

import pytest
from flask import Flask, Response

from rumbl_core.testing import user_fixture, video_fixture
from rumbl_web import router, security
from rumbl_web.testing import Client, make_app

GETS = [route.path for route in router.ROUTES if route.methods == router.GET]
OTHERS = ["/nowhere", "/static/favicon.svg", "/static/nothing", "/robots.txt", "/users/999999", "/watch/abc"]


def directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split(" ") for part in policy.split("; "))
    return {name: sources for name, *sources in parts}


def check_headers(headers) -> None:
    for name, value in security.STEADY_HEADERS.items():
        assert len(headers.getlist(name)) == 1
        # What answers a mailed link says still less about where it came from.
        assert headers[name] == value or (name, headers[name]) == ("referrer-policy", "no-referrer")
    policy = directives(headers["content-security-policy"])
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert not re.search("unsafe|\\*", headers["content-security-policy"])
    assert "cache-control" in headers
    assert "x-request-id" in headers
    assert not headers.get("server")


@pytest.mark.parametrize("path", GETS + OTHERS)
def test_every_answer_has_the_headers(client: Client, login_as, path: str) -> None:
    user = user_fixture()
    video = video_fixture(user)

    for browser in (client, login_as(user)):
        check_headers(browser.get(path.replace("<id>", str(video.id))).headers)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/sessions", 403), ("PUT", "/users", 405), ("DELETE", "/", 405)]
)
def test_refusals_have_the_headers(client: Client, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    check_headers(answer.headers)


def test_an_upgrade_costs_no_policy_that_nobody_reads() -> None:
    assert not security.put_headers(Response(status=101, content_type=None)).headers.get("x-frame-options")


def test_a_crash_has_the_headers(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app()
    app.add_url_rule("/crash", "crash", lambda: 1 / 0)

    answer = app.test_client().get("/crash")

    assert answer.status_code == 500
    check_headers(answer.headers)


def test_script_and_frame_may_come_from_the_players_only(client: Client) -> None:
    policy = directives(client.get("/").headers["content-security-policy"])

    assert set(policy["script-src"][2:]) == {"https://www.youtube.com", "https://player.vimeo.com"}
    assert policy["script-src"][0] == "'self'"
    assert set(policy["frame-src"]) >= {"https://www.youtube.com", "https://player.vimeo.com"}
    assert policy["connect-src"] == ["'self'", "ws://localhost", "wss://localhost"]


def test_each_page_has_its_own_nonce_and_no_script_without_one(client: Client) -> None:
    first, second = client.get("/"), client.get("/")

    nonces = [
        re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])[1] for page in (first, second)
    ]
    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script([^>]*)>", first.text)
    assert [s for s in scripts if f'nonce="{nonces[0]}"' not in s and "application/json" not in s] == []


def test_no_page_has_inline_styles_or_handlers(client: Client, login_as) -> None:
    user = user_fixture()
    video = video_fixture(user)
    for path in GETS:
        page = login_as(user).get(path.replace("<id>", str(video.id))).text
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
        assert "<style" not in page


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x'y", "*", "a..b"])
def test_a_strange_host_never_gets_into_the_policy(client: Client, host: str) -> None:
    answer = client.get("/", environ_overrides={"HTTP_HOST": host})

    assert host not in answer.headers["content-security-policy"]


def test_https_is_demanded_where_the_cookie_demands_it(sandbox) -> None:
    secure = make_app(cookie_secure=True).test_client().get("/sessions/new", base_url="https://localhost")
    plain = make_app().test_client().get("/sessions/new")

    assert secure.headers["strict-transport-security"] == "max-age=63072000"
    assert "Secure" in secure.headers["set-cookie"]
    assert "strict-transport-security" not in plain.headers


def test_every_cookie_is_http_only_and_lax(client: Client) -> None:
    cookie = client.get("/sessions/new").headers["set-cookie"]

    assert cookie.startswith("_rumbl_key=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "url", ["javascript://x/y", "https://a b/", "https://x;y/", "https://u@x/", "", None]
)
def test_only_a_plain_origin_may_be_connected_to(app: Flask, url: str | None) -> None:
    with app.test_request_context("/"):
        before = security.policy()
        security.allow_connect(url)
        assert security.policy() == before
