from __future__ import annotations

import pytest
from flask import Flask, render_template

from rumbl_core.accounts import User
from rumbl_web.views.user_view import first_name, initials, tone, user_json


@pytest.mark.parametrize(
    ("name", "first"),
    [("José Valim", "José"), ("Chris", "Chris"), (" Ana", ""), ("A\tB c", "A\tB"), (None, "")],
)
def test_first_name_ends_at_the_first_space(name: str | None, first: str) -> None:
    assert first_name(User(name=name)) == first


def test_the_user_partial_is_the_book_s(app: Flask) -> None:
    with app.test_request_context("/"):
        partial = render_template("user/_user.html", user=User(id=1, name="José Valim"))

    assert partial.strip() == "<strong>José</strong> (1)"


@pytest.mark.parametrize(
    ("text", "letters"),
    [("Ana Silva", "AS"), ("Ana Maria da Silva", "AS"), ("dogs", "D"), ("  ", ""), ("é ß", "ÉSS")],
)
def test_initials_are_of_first_and_last_word(text: str, letters: str) -> None:
    assert initials(text) == letters


def test_tones_are_steady_and_among_eight() -> None:
    assert tone(1) == tone(9) == "tone-2"
    assert {tone(number) for number in range(100)} == {f"tone-{n}" for n in range(1, 9)}
    assert tone(None) == "tone-1"


def test_on_the_wire_a_user_is_id_username_and_name() -> None:
    user = User(id=1, name="Ana", username="ana", password_hash="secret")

    assert user_json(user) == {"id": 1, "username": "ana", "name": "Ana"}
