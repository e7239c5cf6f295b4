"""The in-memory transport keeps the promises of `transport`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rumbl_web.phoenix.testing_transport import InlineFanout, MemoryConnection
from rumbl_web.phoenix.transport import Opcode

from .fanout_contract import FanoutContract


class MemoryClient:
    def __init__(self) -> None:
        self.connection = MemoryConnection()

    def receive(self, count: int) -> list[tuple[Opcode, Any]]:
        return self.connection.receive(count)


class TestInlineFanout(FanoutContract):
    @pytest.fixture
    def fanout(self) -> InlineFanout:
        return InlineFanout()

    @pytest.fixture
    def make_client(self) -> Callable[[], MemoryClient]:
        return MemoryClient

    def test_a_group_exists_only_while_it_has_a_subscription(self, fanout: InlineFanout) -> None:
        first = fanout.subscribe(MemoryConnection(), "room")
        second = fanout.subscribe(MemoryConnection(), "room")

        first.cancel()
        assert fanout.groups == ["room"]
        second.cancel()

        assert fanout.groups == []
