"""What the tests of the channel runtime share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import make_endpoint

from .presence_room import Presence
from .reference import PlainChannel, Wire


@pytest.fixture
def endpoint() -> Endpoint:
    return make_endpoint()


@pytest.fixture
def dial(endpoint: Endpoint) -> Callable[..., Wire]:
    """Connect one more client that speaks raw frames."""
    return lambda user_id="1": Wire(endpoint, user_id)


@pytest.fixture
def wire(dial: Callable[..., Wire]) -> Wire:
    return dial()


@pytest.fixture
def ended() -> list[tuple[str, object]]:
    """Topics and reasons of the plain channels that have terminated."""
    PlainChannel.ended.clear()
    return PlainChannel.ended


@pytest.fixture
def here(endpoint: Endpoint) -> Iterator[Presence]:
    made = Presence(endpoint)
    endpoint.services["presence"] = made
    yield made
    made.stop()
