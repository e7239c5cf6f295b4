from __future__ import annotations

import logging
import re

import pytest

from rumbl_core.testing import user_fixture
from rumbl_web import telemetry
from rumbl_web.testing import Client, make_app


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "rumbl_web.request")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "rumbl_web.request"]


def test_every_request_gets_an_id_of_its_own(client: Client) -> None:
    first, second = (client.get("/").headers["x-request-id"] for _ in range(2))

    assert len(first) == 20
    assert first != second


def test_a_sane_id_of_the_client_is_kept(client: Client) -> None:
    given = "trace-0123456789-abcdef"

    assert client.get("/", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given", ["short", "x" * 201, "with space in the middle", "<script>alert(1)</script>"]
)
def test_any_other_id_is_replaced(client: Client, given: str) -> None:
    assert client.get("/", headers={"x-request-id": given}).headers["x-request-id"] != given


def test_every_request_is_one_line(login_as, lines) -> None:
    user = user_fixture()
    answer = login_as(user).get("/users?secret=1")

    [line] = lines()
    assert re.fullmatch(
        rf"GET /users 200 in \d+\.\d ms user={user.id} id={answer.headers['x-request-id']}", line
    )


def test_a_path_cannot_forge_a_line(client: Client, lines) -> None:
    client.get("/x%0aGET%20/admin")

    [line] = lines()
    assert line.startswith("GET /x%0AGET%20/admin 404")


def test_a_long_path_is_cut(client: Client, lines) -> None:
    client.get("/" + "x" * 5000)

    assert len(lines()[0]) < 450


def test_the_values_of_a_line_are_facts_for_machines(
    login_as, lines, caplog: pytest.LogCaptureFixture
) -> None:
    user = user_fixture()
    answer = login_as(user).get("/users?secret=1")
    client_less = login_as(None).get("/nowhere")

    facts = [record.facts for record in caplog.records if record.name == "rumbl_web.request"]
    assert [{**fact, "duration_ms": 0} for fact in facts] == [
        {
            "request_id": given.headers["x-request-id"],
            "method": "GET",
            "path": path,
            "status": status,
            "duration_ms": 0,
            "user_id": user_id,
            "client": "127.0.0.1",
        }
        for given, path, status, user_id in (
            (answer, "/users", 200, user.id),
            (client_less, "/nowhere", 404, None),
        )
    ]
    assert all(fact["duration_ms"] > 0 for fact in facts)
    assert "user=- " in lines()[1]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/robots.txt", "/static/favicon.svg"])
def test_machines_that_look_in_and_files_are_not_worth_a_line(client: Client, lines, path: str) -> None:
    client.get(path)

    assert lines() == []
    assert client.get("/static/nothing").status_code == 404
    assert len(lines()) == 1


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("/reset/s3cr3t", "/reset/[FILTERED]"),
        ("/reset/s3cr3t/mistyped", "/reset/[FILTERED]"),
        ("/reset/new", "/reset/new"),
        ("/of/7/confirm/s3cr3t", "/of/7/confirm/[FILTERED]"),
    ],
)
def test_the_secret_of_a_mailed_link_is_not_written(lines, sandbox: object, asked: str, written: str) -> None:
    app = make_app()
    for number, rule in enumerate(("/reset/<token>", "/reset/new", "/of/<id>/confirm/<string:mail_token>")):
        app.add_url_rule(rule, f"rule{number}", lambda **_parts: "")
    telemetry.hide_secrets_of_paths(app)

    app.test_client().get(asked)

    assert f"GET {written} " in lines()[0]


def test_secrets_are_masked_in_logged_parameters(
    client: Client, lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "rumbl_web.request")
    client.submit("/sessions", {"session": {"username": "ana", "password": "hunter2\n"}})

    text = "\n".join(lines())
    assert "'username': 'ana'" in text
    assert "hunter2" not in text
    assert "'_csrf_token': '[FILTERED]'" in text


def test_masking_goes_all_the_way_down() -> None:
    given = {"a": {"password_confirmation": {"x": 1}, "b": "c"}, "API_TOKEN": "t"}

    assert telemetry.filtered(given) == {
        "a": {"password_confirmation": telemetry.MASK, "b": "c"},
        "API_TOKEN": telemetry.MASK,
    }
