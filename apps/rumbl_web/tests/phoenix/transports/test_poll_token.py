"""The names of sessions."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix import token
from rumbl_web.phoenix.transports import poll_token


def test_a_token_says_where_its_session_lives() -> None:
    one, two = poll_token.new("secret", "node1"), poll_token.new("secret", "node1")

    place, other = poll_token.place("secret", one), poll_token.place("secret", two)

    assert place is not None
    assert other is not None
    assert (place.node, other.node) == ("node1", "node1")
    assert place.session != other.session


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lp~",
        "lp~x",
        "nonsense",
        pytest.param(token.sign("secret", "user socket", 7), id="another purpose"),
    ],
)
def test_what_we_did_not_sign_says_nothing(text: str) -> None:
    assert poll_token.place("secret", text) is None


def test_neither_does_what_another_site_signed_nor_another_purpose() -> None:
    assert poll_token.place("another secret", poll_token.new("secret", "node1")) is None
    assert poll_token.place("secret", "lp~" + token.sign("secret", "user socket", ["node1", "x"])) is None


def test_our_tokens_are_known_by_their_shape_even_if_they_are_no_good() -> None:
    assert poll_token.is_one(poll_token.new("an older secret", "node1"))
    assert not poll_token.is_one(token.sign("secret", "user socket", 7))
