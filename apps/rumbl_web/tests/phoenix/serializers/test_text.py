"""JSON in and out, the same for every version."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rumbl_web.phoenix.serializer import DecodeError
from rumbl_web.phoenix.serializers.text import read, write


def test_what_is_written_is_read() -> None:
    value = {"a": [1, 1.5, None, True, 'é / < \u2028 " \\'], "b": {}}

    assert read(write(value)) == value


def test_keys_that_are_no_strings_become_strings() -> None:
    assert write({7: {8: "x"}}) == b'{"7":{"8":"x"}}'


@pytest.mark.parametrize("data", [b"", b"{", b"NaN", b"\xff", b"[" * 100_000, b"1 2"])
def test_what_is_no_json_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        read(data)


def test_an_object_of_the_domain_is_refused() -> None:
    @dataclass
    class User:
        password_hash: str

    with pytest.raises(TypeError):
        write({"user": User("secret")})
