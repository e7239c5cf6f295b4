"""A site of several server processes over one Redis and one PostgreSQL, all really started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.testing_redis import RedisServer
from tests.distributed.tab import Tab
from tests.running import RunningSite

MakeTab = Callable[..., Tab]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not one of pytest's: another run closes those for PostgreSQL, which does not run as root."""
    with TemporaryDirectory(prefix="rumbl-nodes-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def redis(folder: Path) -> Iterator[RedisServer]:
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    with testing_redis.running(folder / "redis") as server:
        yield server


@pytest.fixture(scope="module")
def nodes(redis: RedisServer, folder: Path) -> Iterator[list[RunningSite]]:
    """Two nodes on two ports, as on two machines with one database."""
    with ExitStack() as stack:
        running = []
        for name in ("one", "two"):
            running.append(RunningSite(folder / "data", name=name, REDIS_URL=redis.url).start())
            stack.callback(running[-1].stop)
        yield running


@pytest.fixture
def tab() -> Iterator[MakeTab]:
    """Open a tab on the first of the nodes that are given; it moves to the next when that closes it."""
    opened: list[Tab] = []

    def open_tab(*nodes: RunningSite, member: str | None = None) -> Tab:
        opened.append(Tab(*(node.url for node in nodes), member=member))
        return opened[-1]

    yield open_tab
    for one in opened:
        one.close()


def all_connected(nodes: list[RunningSite]) -> Callable[[], bool]:
    """Whether every node says that it reaches the others."""
    return lambda: all(health(node)["status"] == "ok" for node in nodes)


def health(node: RunningSite, path: str = "/healthz") -> dict[str, str]:
    """What a node says of itself."""
    answer = requests.get(node.url + path, timeout=5)
    return dict(answer.json())
