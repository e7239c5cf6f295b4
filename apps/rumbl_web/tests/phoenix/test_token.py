"""Signed tokens."""

from __future__ import annotations

import time

import pytest

from rumbl_web.phoenix import token
from rumbl_web.phoenix.token import Error, Verified

SECRET = "a secret for tests"


@pytest.mark.parametrize("data", [7, "7", None, {"user_id": 7, "session": "x"}, [1, "a"]])
def test_data_come_back_with_their_type(data: object) -> None:
    verified = token.verify(SECRET, "user socket", token.sign(SECRET, "user socket", data))

    assert verified == Verified(data)
    assert isinstance(verified, Verified)
    assert type(verified.value) is type(data)


def test_another_salt_or_secret_makes_it_invalid() -> None:
    signed = token.sign(SECRET, "user socket", 7)

    assert token.verify(SECRET, "reset password", signed) == Error("invalid")
    assert token.verify("another secret", "user socket", signed) == Error("invalid")


def test_a_token_of_an_older_secret_is_good_and_new_ones_are_of_the_secret_of_today() -> None:
    rotated = token.Secret("new", older=("older", "oldest"))

    for secret in ("new", "older", "oldest"):
        signed = token.sign(secret, "user socket", 7)
        assert token.verify(rotated, "user socket", signed) == Verified(7)
    assert token.verify(rotated, "user socket", token.sign("other", "user socket", 7)) == Error("invalid")
    assert token.verify("new", "user socket", token.sign(rotated, "user socket", 7)) == Verified(7)


def test_every_changed_character_makes_it_invalid() -> None:
    signed = token.sign(SECRET, "user socket", {"user_id": 7})

    changed = [
        signed[:n] + ("A" if signed[n] != "A" else "B") + signed[n + 1 :] for n in range(len(signed) - 1)
    ]

    assert {token.verify(SECRET, "user socket", one) for one in changed} == {Error("invalid")}


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_token_is_missing(nothing: object) -> None:
    assert token.verify(SECRET, "user socket", nothing) == Error("missing")


@pytest.mark.parametrize("junk", ["1313", "undefined", "a.b.c", 5, {}, b"x", "x" * 100_000, "é", "\x00"])
def test_what_is_no_token_is_invalid(junk: object) -> None:
    assert token.verify(SECRET, "user socket", junk) == Error("invalid")


def test_a_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = token.sign(SECRET, "user socket", 7)
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)

    assert token.verify(SECRET, "user socket", signed, max_age_s=3600) == Error("expired")
    assert token.verify(SECRET, "user socket", signed, max_age_s=7200) == Verified(7)
    assert token.verify(SECRET, "user socket", signed, max_age_s=None) == Verified(7)


def test_it_is_known_when_a_token_was_signed() -> None:
    before = time.time()

    verified = token.verify("secret", "salt", token.sign("secret", "salt", 7))

    assert isinstance(verified, token.Verified)
    assert before - 1 <= verified.signed_at <= time.time() + 1


@pytest.mark.parametrize(("ahead_s", "wanted"), [(59, Verified(7)), (62, Error("invalid"))])
def test_the_clock_of_the_node_that_signed_may_be_a_minute_ahead(
    monkeypatch: pytest.MonkeyPatch, ahead_s: float, wanted: object
) -> None:
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real + ahead_s)
    signed = token.sign(SECRET, "user socket", 7)
    monkeypatch.setattr(time, "time", lambda: real)

    assert token.verify(SECRET, "user socket", signed) == wanted
    assert token.verify(SECRET, "user socket", signed, max_age_s=None) == wanted


def test_a_token_is_as_old_as_it_may_be_and_no_older(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = token.sign(SECRET, "user socket", 7)
    real = time.time()

    monkeypatch.setattr(time, "time", lambda: real + 58)
    assert token.verify(SECRET, "user socket", signed, max_age_s=60) == Verified(7)
    monkeypatch.setattr(time, "time", lambda: real + 62)
    assert token.verify(SECRET, "user socket", signed, max_age_s=60) == Error("expired")
