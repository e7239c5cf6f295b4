"""The plug point between nodes: what PubSub asks of an adapter.

PubSub itself serves the node's own subscribers; an adapter only carries broadcasts to the other nodes, and
theirs here. It must never hand a node its own broadcasts back. Payloads travel as JSON (or plain bytes), so
what is no JSON of its own, such as a number as a key, arrives as what a browser would see: a string.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from rumbl_web.phoenix.message import Broadcast


@dataclass(frozen=True)
class Gap:
    """Broadcasts of the last `seconds` may be missing here: on `topics`, or (None) on all of them.

    Who can ask a store for what was said meanwhile should do so now.
    """

    seconds: float
    topics: frozenset[str] | None = None


Deliver = Callable[[Broadcast], None]
OnGap = Callable[[Gap], None]
State = Literal["connected", "degraded"]


class Adapter(Protocol):
    """One way to reach other nodes."""

    @property
    def node_name(self) -> str:
        """This node's name, different from every other node's and every earlier life's."""

    @property
    def state(self) -> State:
        """Whether this node reaches the others now ("connected"), or serves alone for a while."""

    def start(self, deliver: Deliver, on_gap: OnGap) -> None:
        """Call `deliver`, on any thread, with the other nodes' broadcasts on subscribed topics from now on.

        Call `on_gap` after some may have been lost. Both are quick and never raise.
        """

    def subscribe(self, topic: str) -> None:
        """Listen to `topic` from now on. Never blocks. If it takes effect late, a Gap of it follows."""

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """Call `callback` once, on any thread, when all that others say on a subscribed topic is heard here.

        Also when the others are away: then a Gap will follow. False: either is so now, and nothing is called.
        `callback` is quick and never raises; it may not be called if the topic is unsubscribed before.
        """

    def unsubscribe(self, topic: str) -> None:
        """Listen to it no more. Never blocks."""

    def broadcast(self, broadcast: Broadcast) -> None:
        """Carry `broadcast` to all other nodes that subscribe to its topic, in order per calling thread.

        Never blocks and never raises for trouble between the nodes: what can't go out waits, and if it can't
        wait either, every node hears of a Gap. Raises TypeError or ValueError for a payload that is no JSON.
        """

    def stop(self) -> None:
        """Deliver nothing more. What was broadcast before still goes out, if it can within a second."""
