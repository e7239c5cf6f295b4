from __future__ import annotations

import logging
import re

import pytest

from rumbl_core.testing import user_fixture
from rumbl_web import telemetry
from rumbl_web.testing import Client


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
