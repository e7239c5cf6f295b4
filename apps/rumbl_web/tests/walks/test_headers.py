"""Every answer of a site in production: files, health, pages, redirects, refusals and crashes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from http.cookies import SimpleCookie

import pytest
from flask import abort
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from rumbl_core.testing import Sandbox
from rumbl_web import csrf, gettext, security
from rumbl_web.testing import Client, make_app

from .world import Tried, World

HTTPS = "https://localhost"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
YEAR_S = 31_536_000
SELF_ONLY = {
    "frame-ancestors": "'self'",
    "form-action": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
}


@pytest.fixture(scope="module")
def in_production(lasting_world: World) -> World:
    """A site as in production, with a page that crashes."""
    app = make_app(env="prod", url=HTTPS, trusted_hosts=("localhost",))
    app.add_url_rule("/crash", "crash", lambda: 1 / 0)
    for status in (429, 503):
        app.add_url_rule(f"/{status}", str(status), partial(abort, status))
    return lasting_world.on(app)


@pytest.fixture
def live(in_production: World, sandbox: Sandbox) -> World:
    """The site in production, where nothing lasts that a test does."""
    return in_production


@pytest.fixture(scope="module")
def answers(in_production: World) -> list[TestResponse]:
    """Of every kind: a page, an error, a file that is not there, a crash, a page with a cookie."""
    rules = ("/", "/nowhere", "/static/none", "/crash", "/sessions/new")
    guest = in_production.browser("guest", HTTPS)
    return [guest.open(rule, method=method, base_url=HTTPS) for rule in rules for method in METHODS]


LESS: list[tuple[str, str | None]] = [
    *((name, None) for name in (*security.STEADY_HEADERS, "content-security-policy")
      if name not in {"x-download-options", "x-permitted-cross-domain-policies"}),
    ("strict-transport-security", None), ("strict-transport-security", "max-age=86400"),
    ("content-security-policy", "default-src 'self'; script-src 'self' 'unsafe-inline'"),
    ("content-security-policy", "frame-ancestors *; form-action 'self'; object-src 'none'; base-uri 'none'"),
    ("cache-control", None), ("server", "gunicorn/20"), ("x-powered-by", "Flask"),
    ("x-frame-options", "ALLOWALL"),
    ("referrer-policy", "unsafe-url"), ("set-cookie", "__Host-rumbl_key=x; Path=/; Secure; SameSite=Lax"),
    ("set-cookie", "__Host-rumbl_key=x; Path=/; HttpOnly; SameSite=Lax"),
    ("set-cookie", "__Host-rumbl_key=x; Path=/; HttpOnly; Secure"),
    ("set-cookie", "rumbl_key=x; Path=/; HttpOnly; Secure; SameSite=Lax"),
    ("set-cookie", "__Host-rumbl_key=x; Path=/; HttpOnly; Secure; SameSite=Lax; Domain=example.org"),
]  # fmt: skip


def everything(world: World) -> list[str]:
    return [*world.rules(), "/nowhere", "/watch/abc", "/static/none"]


def wrong_headers(headers: Headers) -> list[str]:
    """What an answer with these headers lacks."""
    policy = dict(part.split(" ", 1) for part in headers.get("content-security-policy", "x y").split("; "))
    hsts = re.match(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    demands = {
        "csp": all(policy.get(name) == only for name, only in SELF_ONLY.items()),
        "unsafe csp": not re.search(r"unsafe-|\*| data:", f"{policy.get('script-src', '*')}"),
        "nosniff": headers.get("x-content-type-options") == "nosniff",
        "referrer": headers.get("referrer-policy") in {"strict-origin-when-cross-origin", "no-referrer"},
        "frames": headers.get("x-frame-options") == "SAMEORIGIN",
        "coop": headers.get("cross-origin-opener-policy") == "same-origin",
        "permissions": "camera=()" in headers.get("permissions-policy", ""),
        "hsts": hsts is not None and int(hsts[1]) >= YEAR_S,
        "server": not headers.get("server") and "x-powered-by" not in headers,
        "cookies": all(safe_cookie(one) for one in headers.getlist("set-cookie")),
        "caching": "cache-control" in headers,
    }
    return [name for name, met in demands.items() if not met]


def safe_cookie(header: str) -> bool:
    ((name, cookie),) = SimpleCookie(header).items()
    flags = cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax"
    bound = name.startswith("__Host-") or name == gettext.COOKIE  # a language is no secret
    return bool(flags and bound and cookie["path"] == "/" and not cookie["domain"])


def walk(live: World, who: str, seen: set[int], rules: Iterable[str]) -> list[str]:
    """What the answers lack; their statuses go into `seen`."""
    wrong: list[str] = []
    tried = Tried(live.app, METHODS)
    for rule in rules:
        path = rule if rule in {"/watch/abc", "/static/none"} else live.path(rule)
        with live.undone():  # there are ways to log out
            browser = live.browser(who, HTTPS)
            for method in METHODS if rule == "/nowhere" else tried.by(path):
                answer = browser.open(path, method=method, base_url=HTTPS)
                seen.add(answer.status_code)
                lacking = wrong_headers(answer.headers)
                wrong += [f"{method} {rule} {answer.status_code}: {name}" for name in lacking]
    assert tried.refused >= set(METHODS) - csrf.SAFE_METHODS
    return wrong


@pytest.mark.parametrize("who", ["guest", "owner"])
def test_every_answer_has_every_header(live: World, who: str) -> None:
    seen: set[int] = set()

    assert walk(live, who, seen, everything(live)) == []
    assert seen >= {200, 403, 404, 405, 429, 500, 503}


@pytest.mark.parametrize(("name", "value"), LESS)
def test_an_answer_with_a_header_less_or_weaker_is_noticed(
    answers: list[TestResponse], name: str, value: str | None
) -> None:
    for answer in answers:
        weaker = Headers(answer.headers)
        weaker.pop(name, None)
        if value is not None:
            weaker.add(name, value)
        assert wrong_headers(weaker), f"{answer.request.method} {answer.request.path}"


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (302, {"path": "/users"}),
        (400, {"path": "/", "headers": {"host": "evil.example"}}),
        (406, {"path": "/", "headers": {"accept": "image/png"}}),
        (413, {"path": "/sessions", "method": "POST", "data": {"x": "y" * 1_000_001}}),
    ],
)
def test_refusals_and_redirects_have_them_too(live: World, status: int, options: dict[str, object]) -> None:
    answer = live.browser("guest", HTTPS).open(base_url=HTTPS, **options)

    assert answer.status_code == status
    assert wrong_headers(answer.headers) == []


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
def test_no_link_is_made_from_a_strange_host(live: World, name: str) -> None:
    for rule in everything(live):
        path = rule if rule.startswith(("/watch/abc", "/static/none")) else live.path(rule)
        answer = live.browser("owner", HTTPS).get(path, base_url=HTTPS, headers={name: "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers.get("location", "")
        if name == "Host":
            assert answer.status_code == 400


def test_the_session_is_bound_to_the_host(live: World) -> None:
    cookies = live.browser("guest", HTTPS).get("/sessions/new", base_url=HTTPS).headers.getlist("set-cookie")

    assert [one.split("=")[0] for one in cookies] == ["__Host-rumbl_key"]
    assert safe_cookie(cookies[0])


def test_pages_of_members_are_not_kept_and_others_are_asked_for_again(live: World) -> None:
    for rule in ("/", "/users", "/manage/videos", "/watch/<id>"):
        member = live.browser("owner", HTTPS).get(live.path(rule), base_url=HTTPS)
        assert member.headers["cache-control"] == "no-store", rule
    guest = live.browser("guest", HTTPS).get("/", base_url=HTTPS)
    assert guest.headers["cache-control"] == "max-age=0, private, must-revalidate"


def test_below_the_root_cookies_have_the_path_of_the_site(sandbox: Sandbox) -> None:
    browser = make_app(env="prod", url="https://example.org/rumbl").test_client()
    assert isinstance(browser, Client)

    cookie = browser.get("/rumbl/sessions/new", base_url="https://example.org").headers["set-cookie"]

    assert cookie.startswith("_rumbl_key=")
    assert "Path=/rumbl" in cookie
