"""What the tests of the transports share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions

from .support import Loopback


@pytest.fixture
def make_loopback() -> Iterator[Callable[..., Loopback]]:
    """`make_loopback(idle_timeout_s=0.2)`: a hub with these options, and clients for it."""
    made: list[Loopback] = []

    def make(**options: object) -> Loopback:
        settings = {"rate_per_s": None, "close_timeout_s": 1.0, **options}
        loopback = Loopback(Hub(HubOptions(**settings)))  # type: ignore[arg-type]  # by name
        made.append(loopback)
        return loopback

    yield make
    for loopback in made:
        loopback.hub.stop()
        loopback.close()


@pytest.fixture
def loopback(make_loopback: Callable[..., Loopback]) -> Loopback:
    return make_loopback()
