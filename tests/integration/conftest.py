"""A really started site for tests without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import RunningSite


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site with its own data folder."""
    running = RunningSite(tmp_path_factory.mktemp("site") / "data").start()
    yield running
    running.stop()
