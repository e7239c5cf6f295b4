"""How a broadcast is written between nodes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters import envelope

from ..fuzz import json_values, texts


@given(texts, st.dictionaries(texts, json_values, max_size=4) | st.binary())
@example("é" * 300, {"ü" * 300: "x" * 70_000})
@example("", b"\0\n\0")
def test_what_is_written_is_read(event: str, payload: object) -> None:
    broadcast = Broadcast("a", event, payload)

    assert envelope.decode("a", envelope.encode(broadcast)) == broadcast


@given(st.binary())
def test_what_is_no_broadcast_is_a_value_error(data: bytes) -> None:
    try:
        read = envelope.decode("a", data)
    except ValueError:
        return
    assert isinstance(read.event, str)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'["x"]', b'["x",1]', b'["x",{}]\nrest', b"[1,{}]", b'{"x":1}', b"\n", b"\x80"]
)
def test_nothing_else_is_taken_for_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        envelope.decode("a", data)


def test_objects_of_the_domain_never_leave() -> None:
    @dataclass
    class User:
        password: str

    with pytest.raises(TypeError):
        envelope.encode(Broadcast("a", "x", {"user": User("secret")}))
