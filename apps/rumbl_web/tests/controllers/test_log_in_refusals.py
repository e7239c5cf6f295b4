"""A refused log-in tells nobody why: same answer, same work. `make bench` has the times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from rumbl_core import accounts, attempts
from rumbl_core.result import Error
from rumbl_core.testing import Sandbox, user_fixture
from rumbl_web.testing import Client

VARYING = ("_csrf_token", "nonce")
LONG = "x" * 5000
REFUSALS = {
    "a wrong password": ("ana", "wrong"),
    "no password": ("ana", ""),
    "a password that is too long": ("ana", LONG),
    "a password with NUL": ("ana", "a\0b"),
    "a password that is nested": ("ana", {"x": "y"}),
    "another case": ("ANA", "wrong"),
    "an unknown name": ("eva", "wrong"),
    "an unknown name, no password": ("eva", ""),
    "an unknown name, too long a password": ("eva", LONG),
    "an unknown name, a password with NUL": ("eva", "a\0b"),
    "a user without a hash": ("wolfram", "wrong"),
    "a user without a hash, no password": ("wolfram", ""),
}


@pytest.fixture
def queries(rumbl_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that was sent to the database."""
    sent: list[str] = []
    monkeypatch.setattr(attempts, "SWEEP_EVERY", 1 << 60)  # now and then, whoever asks

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "SAVEPOINT" not in statement:  # the sandbox's own
            sent.append(statement)

    event.listen(rumbl_engine, "before_cursor_execute", note)
    yield sent
    event.remove(rumbl_engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def people(sandbox: Sandbox) -> None:
    user_fixture(username="ana")
    user_fixture(username="wolfram", name="Wolfram")


def refused(client: Client, username: str, given: object) -> tuple[object, ...]:
    """Status, headers and bytes, but for what is new in every answer and the name that was typed."""
    fields = {"session": {"username": username, "password": given}}
    answer = client.submit("/sessions", fields)
    headers = [
        (name, "SET" if name == "Set-Cookie" else value)
        for name, value in sorted(answer.headers)
        if name not in {"x-request-id", "content-security-policy", "Content-Length"}
    ]
    page = answer.text.replace(f'value="{username}"', 'value="USER"')
    lines = [line for line in page.splitlines() if not any(word in line for word in VARYING)]
    return answer.status_code, headers, lines


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_is_the_same_answer(app: Any, reason: str) -> None:
    expected = refused(app.test_client(), "ana", "wrong")
    assert expected[0] == 200
    assert refused(app.test_client(), *REFUSALS[reason]) == expected


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_is_the_same_work(
    app: Any, queries: list[str], password_checks: list[str], reason: str
) -> None:
    refused(app.test_client(), "ana", "wrong")
    expected = password_checks.copy(), queries.copy()
    assert len(password_checks) == 1
    password_checks.clear()
    queries.clear()
    refused(app.test_client(), *REFUSALS[reason])
    assert (password_checks, queries) == expected


@pytest.mark.parametrize("username", ["ana", "eva", "wolfram"])
@pytest.mark.parametrize("given", ["wrong", "\ud800", None, 7, LONG])
def test_a_password_that_no_form_can_send_costs_a_hash_too(
    password_checks: list[str], username: str, given: object
) -> None:
    assert isinstance(accounts.authenticate_by_username_and_pass(username, given), Error)
    assert len(password_checks) == 1
