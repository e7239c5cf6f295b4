"""The adapter of a node that is alone."""

from __future__ import annotations

import secrets

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.adapter import Deliver


class LocalAdapter:
    """There are no other nodes."""

    def __init__(self, node_name: str | None = None) -> None:
        self._node_name = node_name or f"local-{secrets.token_hex(4)}"

    @property
    def node_name(self) -> str:
        """This node's name."""
        return self._node_name

    def start(self, deliver: Deliver) -> None:
        """Nobody will call."""

    def broadcast(self, broadcast: Broadcast) -> None:
        """Nobody to tell."""

    def stop(self) -> None:
        """Nothing to stop."""
