"""The adapter of a node that is alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.adapter import Deliver, OnGap, State
from rumbl_web.phoenix.pubsub_adapters.names import new_name


class LocalAdapter:
    """There are no other nodes."""

    state: Final[State] = "connected"
    """It reaches all there are."""

    def __init__(self, node_name: str | None = None) -> None:
        self._node_name = node_name or new_name()

    @property
    def node_name(self) -> str:
        """This node's name."""
        return self._node_name

    def start(self, deliver: Deliver, on_gap: OnGap) -> None:
        """Nobody will call."""

    def subscribe(self, topic: str) -> None:
        """Nobody to hear."""

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """Nobody to wait for."""
        return False

    def unsubscribe(self, topic: str) -> None:
        """Nobody was heard."""

    def broadcast(self, broadcast: Broadcast) -> None:
        """Nobody to tell."""

    def stop(self) -> None:
        """Nothing to stop."""
