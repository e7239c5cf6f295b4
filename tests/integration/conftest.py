"""A really started site for tests without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import RunningSite, started_site


@pytest.fixture
def site() -> Iterator[RunningSite]:
    """A site with its own data folder."""
    with started_site() as running:
        yield running
