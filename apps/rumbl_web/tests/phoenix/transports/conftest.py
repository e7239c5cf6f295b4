"""What the tests of the transports share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits

from .support import Loopback

LIMITS = {field.name for field in fields(Limits) if field.init}


@pytest.fixture
def make_loopback() -> Iterator[Callable[..., Loopback]]:
    """`make_loopback(idle_timeout_s=0.2)`: a hub with these options, and clients for it."""
    made: list[Loopback] = []

    def make(**options: object) -> Loopback:
        given: dict[str, Any] = {"rate_per_s": None, "close_timeout_s": 1.0, **options}
        of_a_client = {name: given.pop(name) for name in LIMITS & set(given)}
        loopback = Loopback(Hub(HubOptions(limits=Limits(**of_a_client), **given)))
        made.append(loopback)
        return loopback

    yield make
    for loopback in made:
        loopback.hub.stop()
        loopback.close()


@pytest.fixture
def loopback(make_loopback: Callable[..., Loopback]) -> Loopback:
    return make_loopback()
