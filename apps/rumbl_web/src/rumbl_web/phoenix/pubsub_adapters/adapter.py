"""The plug point between nodes: what PubSub asks of an adapter.

PubSub itself serves the node's own subscribers; an adapter only carries broadcasts to the other nodes, and
theirs here. It must never hand a node its own broadcasts back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rumbl_web.phoenix.message import Broadcast

Deliver = Callable[[Broadcast], None]


class Adapter(Protocol):
    """One way to reach other nodes."""

    @property
    def node_name(self) -> str:
        """This node's name, different from every other node's and every earlier life's."""

    def start(self, deliver: Deliver) -> None:
        """Call `deliver`, on any thread, with every broadcast of the other nodes from now on."""

    def broadcast(self, broadcast: Broadcast) -> None:
        """Carry `broadcast` to all other nodes, in order per calling thread. Never blocks, never raises for
        trouble between the nodes."""

    def stop(self) -> None:
        """Deliver nothing more."""
