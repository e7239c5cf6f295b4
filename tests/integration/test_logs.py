"""The log of a really started site: what the guide to deployment says of it is so."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.project import ROOT
from tests.running import RunningSite, eventually, started_site
from tests.viewer import Account, Viewer

GUIDE = ROOT / "docs" / "guides" / "deployment.md"
SECRET_ID = "of-the-client-0123456789"
WORDS = ("Starting", "Bringing", "rumbl is up")


def example(name: str) -> str:
    """A line that the guide shows."""
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.+)\n```", GUIDE.read_text(encoding="utf-8"))
    assert found, f"the guide shows no {name}"
    return found[1]


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site(LOG_FORMAT="json") as running:
        yield running


def records(site: RunningSite) -> list[dict[str, Any]]:
    """Everything written so far but the words for people. Each line has to be an object."""
    lines = [line for line in site.output().splitlines() if not line.startswith(WORDS)]
    return [json.loads(line) for line in lines]


def written(site: RunningSite, **wanted: object) -> dict[str, Any]:
    """The one record with these members; it may still be on its way."""
    found = eventually(lambda: [one for one in records(site) if wanted.items() <= one.items()])
    assert len(found) == 1, found
    return found[0]


def test_a_request_is_one_record_like_the_guides(site: RunningSite) -> None:
    requests.get(f"{site.url}/watch/1?x=y", headers={"x-request-id": SECRET_ID}, timeout=10)

    shown, real = json.loads(example("request")), written(site, path="/watch/1")
    assert list(real) == list(shown)
    assert (real["request_id"], real["status"], real["user_id"]) == (SECRET_ID, 200, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", real["time"])


def test_a_log_in_is_one_record_like_the_guides(site: RunningSite) -> None:
    Account(site.url).register("Ana", "ana")

    shown, real = json.loads(example("audit")), written(site, event="login")
    assert list(real) == list(shown)
    assert real["message"] == f"login client=127.0.0.1 user_id={real['user_id']}"


def test_what_cannot_be_read_is_one_record(site: RunningSite) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(b"GET /" + b"x" * 9000 + b"\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 414 ")

    assert written(site, status=414)["reason"] == "LimitRequestLine"


def test_a_form_in_broken_chunks_is_the_clients_mistake(site: RunningSite) -> None:
    head = b"POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")

    assert [one for one in records(site) if one["level"] in {"error", "critical"}] == []


def test_a_health_check_is_no_record(site: RunningSite) -> None:
    requests.get(f"{site.url}/healthz", timeout=10)
    requests.get(f"{site.url}/after/the/check", timeout=10)

    written(site, path="/after/the/check")
    assert [one for one in records(site) if "health" in str(one.get("path"))] == []


def test_a_socket_is_one_record_when_it_is_opened_and_shows_no_secret(site: RunningSite) -> None:
    token = Account(site.url).register("Ben", "ben").boot("/watch/1")["userToken"]
    Viewer(site.url, token, 1).connect().close()

    assert written(site, logger="rumbl_web.request", path="/socket/websocket")["method"] == "GET"
    assert token not in site.output()
    assert "supersecret" not in site.output()


def test_what_gunicorn_says_is_a_record_like_any_other(site: RunningSite) -> None:
    os.kill(site.workers()[0], signal.SIGKILL)

    said = eventually(lambda: [one for one in records(site) if one["logger"].startswith("gunicorn")])
    assert said[0]["level"] == "error"
    eventually(lambda: requests.get(f"{site.url}/healthz", timeout=10).ok)


def test_the_lines_of_development_are_like_the_guides() -> None:
    shown = re.sub(r"[0-9.]+ ms", "N ms", example("text"))
    assert re.fullmatch(r"\S{8} INFO    rumbl_web.request: GET /\S+ 200 in N ms user=7 id=\S{20}", shown)
