"""Nodes within one process, with a network between them that a test can cut.

    network = Network()
    a, b = PubSub(network.adapter("a")), PubSub(network.adapter("b"))
    a.broadcast("videos:1", "hello", {})      # b's subscribers have it when this returns
    network.cut("a")                          # a goes on alone; what it broadcasts waits
    network.heal("a")                         # b gets it now; both hear of a Gap

Messages are really written and read, as between machines. They are delivered on the thread that broadcasts,
one at a time, in the order of the network; what a receiver broadcasts in turn follows, never in between.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters import envelope
from rumbl_web.phoenix.pubsub_adapters.adapter import Deliver, Gap, OnGap, State

MAX_WAITING: Final = 10_000
"""Broadcasts that a cut-off node keeps; beyond it the oldest are lost."""


class Network:
    """Joins nodes by name. `clock` gives seconds; `max_waiting` is what a cut-off node keeps."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, max_waiting: int = MAX_WAITING
    ) -> None:
        self.clock = clock
        self.max_waiting = max_waiting
        self._lock = threading.Lock()
        self._nodes: dict[str, MemoryAdapter] = {}
        self._in_flight: deque[Callable[[], None]] = deque()
        self._delivering = False

    def adapter(self, name: str) -> MemoryAdapter:
        """A new node. The name of one that has stopped may be used again."""
        assert name not in self._nodes, f"there is a node {name!r}"
        return MemoryAdapter(self, name)

    def cut(self, name: str) -> None:
        """Part a node from all others. Cutting twice is once."""
        self._nodes[name].cut_off()

    def heal(self, name: str) -> None:
        """Join it again: what it broadcast meanwhile goes out in order, then every node hears of the Gap."""
        node = self._nodes[name]
        waiting, seconds = node.rejoin()
        for topic, data in waiting:
            self.carry(node, topic, data)
        if seconds is not None:
            self.send([node.gap(Gap(seconds)) for node in self.reachable()])

    def join(self, node: MemoryAdapter) -> None:
        """Count a node in, from its start."""
        self._nodes[node.node_name] = node

    def leave(self, node: MemoryAdapter) -> None:
        """Count it out."""
        self._nodes.pop(node.node_name, None)

    def reachable(self) -> list[MemoryAdapter]:
        """The nodes that are not cut off."""
        return [node for node in list(self._nodes.values()) if node.state == "connected"]

    def carry(self, sender: MemoryAdapter, topic: str, data: bytes) -> None:
        """Bring a message from `sender` to the others that listen."""
        others = (node for node in self.reachable() if node is not sender and topic in node.topics)
        self.send([node.message(topic, data) for node in others])

    def send(self, deliveries: list[Callable[[], None]]) -> None:
        """Do them, after what is under way already."""
        with self._lock:
            self._in_flight.extend(deliveries)
            if self._delivering:
                return
            self._delivering = True
        while (delivery := self._next()) is not None:
            delivery()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._in_flight:
                return self._in_flight.popleft()
            self._delivering = False
            return None


class MemoryAdapter:
    """One node of a Network; get it from `network.adapter`."""

    def __init__(self, network: Network, node_name: str) -> None:
        self._network = network
        self._node_name = node_name
        self._deliver: Deliver = lambda _broadcast: None
        self._on_gap: OnGap = lambda _gap: None
        self._lock = threading.Lock()
        self._cut_at: float | None = None
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=network.max_waiting)
        self._stopped = False
        self.topics: set[str] = set()

    @property
    def node_name(self) -> str:
        """The name it was made with."""
        return self._node_name

    @property
    def state(self) -> State:
        """Degraded while it is cut off."""
        return "connected" if self._cut_at is None else "degraded"

    def start(self, deliver: Deliver, on_gap: OnGap) -> None:
        """Join the network."""
        self._deliver, self._on_gap = deliver, on_gap
        self._network.join(self)

    def subscribe(self, topic: str) -> None:
        """Listen, at once."""
        self.topics.add(topic)

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """At once."""
        return False

    def unsubscribe(self, topic: str) -> None:
        """Listen no more."""
        self.topics.discard(topic)

    def broadcast(self, broadcast: Broadcast) -> None:
        """Deliver to the others before this returns, or keep it while cut off."""
        data = envelope.encode(broadcast)
        with self._lock:
            if self._cut_at is not None:
                self._waiting.append((broadcast.topic, data))
                return
        self._network.carry(self, broadcast.topic, data)

    def stop(self) -> None:
        """Leave the network."""
        self._stopped = True
        self._network.leave(self)

    # -- for the network

    def cut_off(self) -> None:
        """Be alone from now on."""
        with self._lock:
            if self._cut_at is None:
                self._cut_at = self._network.clock()

    def rejoin(self) -> tuple[list[tuple[str, bytes]], float | None]:
        """Give what waited, and the seconds of the cut (None: there was none)."""
        with self._lock:
            if self._cut_at is None:
                return [], None
            seconds, self._cut_at = self._network.clock() - self._cut_at, None
            waiting = list(self._waiting)
            self._waiting.clear()
            return waiting, seconds

    def message(self, topic: str, data: bytes) -> Callable[[], None]:
        """The delivery of one message here; nothing happens if this node has stopped by then."""

        def deliver() -> None:
            if not self._stopped:
                self._deliver(envelope.decode(topic, data))

        return deliver

    def gap(self, gap: Gap) -> Callable[[], None]:
        """The delivery of a Gap here."""

        def tell() -> None:
            if not self._stopped:
                self._on_gap(gap)

        return tell
