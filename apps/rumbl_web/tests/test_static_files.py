from __future__ import annotations

import pytest
from flask import Flask

from rumbl_web import static_files
from rumbl_web.testing import Client


def test_a_file_of_this_version_may_be_kept_for_ever(app: Flask, client: Client) -> None:
    with app.test_request_context("/"):
        path = static_files.static_path("favicon.svg")
    answer = client.get(path)

    assert "?vsn=" in path
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize("query", ["", "?vsn=", "?vsn=abc"])
def test_without_its_version_a_file_is_asked_for_again(client: Client, query: str) -> None:
    answer = client.get(f"/static/favicon.svg{query}")

    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert answer.headers["etag"]


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    etag = client.get("/static/favicon.svg").headers["etag"]

    answer = client.get("/static/favicon.svg", headers={"if-none-match": etag})

    assert (answer.status_code, answer.data) == (304, b"")


def test_a_player_may_ask_for_a_part(client: Client) -> None:
    whole = client.get("/static/media/demo.webm").data
    answer = client.get("/static/media/demo.webm", headers={"range": "bytes=100-199"})

    assert answer.status_code == 206
    assert answer.data == whole[100:200]
    assert answer.headers["content-range"] == f"bytes 100-199/{len(whole)}"


@pytest.mark.parametrize(
    "path",
    [
        "../endpoint.py",
        "..%2fendpoint.py",
        "%2e%2e/endpoint.py",
        "media/../../endpoint.py",
        "nothing",
        "media",
        "a%00b",
        "",
    ],
)
def test_what_is_not_a_file_below_the_folder_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_files_come_without_a_session(client: Client) -> None:
    answer = client.get("/static/favicon.svg")

    assert "set-cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("vary", "").lower()


@pytest.mark.parametrize(
    ("path", "mimetype"), [("/favicon.ico", "image/svg+xml"), ("/robots.txt", "text/plain")]
)
def test_files_that_are_expected_at_the_root(client: Client, path: str, mimetype: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.mimetype) == (200, mimetype)


def test_a_file_that_is_not_built_yet_has_an_address_without_a_version(app: Flask) -> None:
    with app.test_request_context("/"):
        assert static_files.static_path("assets/no such.css") == "/static/assets/no%20such.css"
