"""What the conformance tests share: a started server, and clients that are closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conformance.talk import ConformanceServer, Talk


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConformanceServer]:
    """One server for all tests of a run; those that stop it start their own."""
    running = ConformanceServer(tmp_path_factory.mktemp("conformance"), "--broken").start()
    yield running
    running.stop()


@pytest.fixture
def dial(server: ConformanceServer) -> Iterator[Callable[..., Talk]]:
    """Connect one more raw client."""
    clients: list[Talk] = []

    def connect(*arguments: str, **params: str) -> Talk:
        clients.append(Talk(server.url, *arguments, **params))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
