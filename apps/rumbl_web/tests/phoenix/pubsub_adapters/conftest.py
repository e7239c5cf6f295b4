"""A Redis of the module's own, and nodes that are joined by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.testing_redis import RedisServer

from .redis_nodes import Node


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with testing_redis.running(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def nodes(server: RedisServer) -> Iterator[Callable[..., Node]]:
    made: list[Node] = []

    def make(**options: Any) -> Node:
        made.append(Node(server.url, **options))
        return made[-1]

    yield make
    server.thaw()
    for node in made:
        node.pubsub.stop()
