"""The shapes that travel."""

from __future__ import annotations

import sys

import pytest

from rumbl_web.phoenix.message import Broadcast, Message, Reply


@pytest.mark.parametrize(
    "shape", [Message(1, 2, "t", "e", {}), Reply(1, 2, "t", "ok", {}), Broadcast("t", "e", {})]
)
def test_the_shapes_are_small_and_compared_by_value(shape: Message | Reply | Broadcast) -> None:
    fields = [getattr(shape, name) for name in type(shape).__slots__]

    assert type(shape)(*fields) == shape
    assert not hasattr(shape, "__dict__")
    assert sys.getsizeof(shape) <= 80
