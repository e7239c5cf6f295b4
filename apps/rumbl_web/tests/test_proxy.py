"""A site below the root of its host, and behind proxies."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask, request

from rumbl_core.testing import Sandbox, user_fixture, video_fixture
from rumbl_web import proxy
from rumbl_web.testing import Client, html_response, make_app
from rumbl_web.views.video_view import DEMO_URL

ADDRESS = re.compile(r'\s(?:href|src|action|poster|data-player-src|data-link|data-poster)="([^"]+)"')


@pytest.fixture
def browser(sandbox: Sandbox) -> Client:
    """A browser of somebody who looks at a site at https://example.org/rumbl."""
    client = make_app(url="https://example.org/rumbl").test_client()
    assert isinstance(client, Client)
    return client


def addresses(page: str) -> list[str]:
    return [one for one in ADDRESS.findall(page) if not one.startswith("#")]


@pytest.mark.parametrize("stripped", [True, False])
def test_every_address_of_every_page_begins_with_the_prefix(browser: Client, stripped: bool) -> None:
    video = video_fixture(user_fixture(), url=DEMO_URL)

    for path in ("/", "/users/new", "/sessions/new", f"/watch/{video.id}", "/nowhere"):
        page = browser.get(path if stripped else f"/rumbl{path}").text
        wrong = [one for one in addresses(page) if not one.startswith(("/rumbl/", "https://"))]
        assert wrong == [], path
        assert "https://example.org/rumbl/rumbl" not in page


def test_the_page_tells_its_script_where_the_socket_is(browser: Client) -> None:
    video = video_fixture(user_fixture())

    page = browser.get(f"/rumbl/watch/{video.id}").text

    found = re.search(r'id="rumbl-boot" type="application/json">(.*?)</script>', page)
    assert found
    boot = json.loads(found[1])
    assert boot["socketUrl"] == "/rumbl/socket"
    assert boot["loginUrl"].startswith("/rumbl/sessions/new?next=%2Frumbl%2Fwatch%2F")
    assert f'rel="canonical" href="https://example.org/rumbl/watch/{video.id}' in page


def test_a_visitor_logs_in_and_comes_back_to_where_they_were(browser: Client) -> None:
    user_fixture(username="ada", password="password of ada")
    fields = {"session": {"username": "ada", "password": "password of ada"}, "next": "/rumbl/watch/1"}
    assert browser.get("/rumbl/sessions/new").status_code == 200

    form = browser.get("/rumbl/sessions/new").text
    token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', form)
    assert token
    answer = browser.post(
        "/rumbl/sessions",
        data={
            "session[username]": "ada",
            "session[password]": "password of ada",
            "next": fields["next"],
            "_csrf_token": token[1],
        },
    )

    assert answer.headers["location"] == "/rumbl/watch/1"
    assert "Path=/rumbl" in answer.headers["set-cookie"]
    assert browser.get("/rumbl/manage/videos").status_code == 200


def test_files_are_served_below_the_prefix(browser: Client) -> None:
    assert browser.get("/rumbl/static/favicon.svg").status_code == 200
    assert browser.get("/rumbl/robots.txt").status_code == 200
    html_response(browser.get("/rumbl"))
    html_response(browser.get("/rumbler"), 404)


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        (None, ""),
        ("https://example.org", ""),
        ("https://example.org/rumbl", "/rumbl"),
        ("http://[::1]:4000/a/b", "/a/b"),
    ],
)
def test_the_prefix_is_the_path_of_the_address(url: str | None, prefix: str) -> None:
    assert proxy.prefix(url) == prefix


def who(trusted: int, forwarded_for: str) -> str:
    app = Flask(__name__)
    app.get("/")(lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    proxy.install(app, None, trusted)
    headers = {
        "X-Forwarded-For": forwarded_for,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
    }
    return app.test_client().get("/", headers=headers).text


def test_what_proxies_say_is_believed_as_far_as_there_are_some() -> None:
    assert who(0, "9.9.9.9") == "127.0.0.1 http localhost"
    assert who(1, "9.9.9.9, 1.2.3.4") == "1.2.3.4 https localhost"


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("1.2.3.4:5678", "1.2.3.4"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("9.9.9.9:1, 1.2.3.4:5678", "1.2.3.4"),
        ('"[2001:db8::7]:4711"', "2001:db8::7"),
    ],
)
def test_a_proxy_may_write_the_port_beside_the_address(told: str, client: str) -> None:
    assert who(1, told).split()[0] == client


@pytest.mark.parametrize(
    "told", ["unknown", "_hidden", "1.2.3.4:", "1.2.3.4:x", "1.2.3:80", "[::1", "[]:1", "é"]
)
def test_whoever_has_no_readable_address_is_the_peer_who_asks(told: str) -> None:
    assert who(1, told).split()[0] == "127.0.0.1"


def test_a_proxy_that_writes_no_readable_addresses_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask(__name__)
    app.get("/")(lambda: f"{request.remote_addr}")
    proxy.install(app, None, 1)
    for told in ("unknown", "evil\x1b[31m" + "x" * 9000, "1.2.3.4"):
        app.test_client().get("/", headers={"X-Forwarded-For": told})
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "X-Forwarded-For: 'unknown' is no address, so its client counts as 127.0.0.1; "
        "let the proxy write addresses. This is said once."
    )


def test_the_ports_of_a_client_are_one_place_for_the_throttle_and_another_client_has_its_own(
    sandbox: Sandbox,
) -> None:
    user_fixture(username="ada", password="password of ada")
    app = make_app(trusted_proxies=1)

    def log_in(address: str) -> int:
        browser = app.test_client()
        fields = {"session[username]": "ada", "session[password]": "wrong"}
        fields["_csrf_token"] = browser.csrf_token()
        return browser.post("/sessions", data=fields, headers={"X-Forwarded-For": address}).status_code

    answers = [log_in(f"192.0.2.1:{port}") for port in range(40000, 40006)]
    assert answers == [*[answers[0]] * 5, 429]
    assert log_in("192.0.2.2:40000") == answers[0]
