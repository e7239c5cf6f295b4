"""The adapter for nodes that share a Redis: one channel per topic, of which a node listens only to its own.

Two threads do all the talking, so nobody ever waits for Redis. The writer sends what waits in one go and
rings a bell, on a channel of this node alone, that must come back to the reader: a Redis that hangs is found
out within two seconds. Then the node is alone: it serves its own subscribers, and what it broadcasts waits.
When Redis is back the reader subscribes again, the others get a moment to do the same, what waited goes out
in order, and every node hears of a Gap.

What was under way when a link broke is sent again; a receiver knows by its number, which grows through a
node's life, that it has it already.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters import envelope
from rumbl_web.phoenix.pubsub_adapters.adapter import Deliver, OnGap, State
from rumbl_web.phoenix.pubsub_adapters.names import new_name
from rumbl_web.phoenix.pubsub_adapters.outgoing import MAX_MESSAGES
from rumbl_web.phoenix.pubsub_adapters.redis_exchange import Channels, Exchange, Timing
from rumbl_web.phoenix.pubsub_adapters.redis_link import Address
from rumbl_web.phoenix.pubsub_adapters.redis_threads import Reader, Writer

__all__ = ["RedisAdapter", "Timing"]

_JOIN_S: Final = 3.0


class RedisAdapter:
    """One node. `url` as in redis://user:password@host:port/0; `prefix` begins the names of all channels."""

    def __init__(
        self,
        url: str,
        *,
        node_name: str | None = None,
        prefix: str = "rumbl",
        timing: Timing | None = None,
        max_waiting: int = MAX_MESSAGES,
    ) -> None:
        self._node_name = node_name or new_name()
        self._address = Address(url)
        channels = Channels(prefix, self._address.database, self._node_name)
        self._exchange = Exchange(
            channels, self._node_name, timing or Timing(), str(self._address), max_waiting
        )
        self._threads: list[threading.Thread] = []
        self._process = 0

    @property
    def node_name(self) -> str:
        """This node's name."""
        return self._node_name

    @property
    def state(self) -> State:
        """Connected while broadcasts go out and come in."""
        return "connected" if self._exchange.connected else "degraded"

    def start(self, deliver: Deliver, on_gap: OnGap) -> None:
        """Connect, and wait a little until it is done; without Redis this node begins alone."""
        reader = Reader(self._exchange, self._address, self._node_name, deliver, on_gap)
        self._threads = [Writer(self._exchange), reader]
        self._process = os.getpid()
        for thread in self._threads:
            thread.start()
        self._exchange.wait_for_first_link()

    def subscribe(self, topic: str) -> None:
        """Have the reader subscribe to the topic's channel."""
        self._check_process()
        self._exchange.change(topic, wanted=True)

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """Call it when Redis has confirmed the topic's channel, or is lost."""
        return self._exchange.when_heard(topic, callback)

    def unsubscribe(self, topic: str) -> None:
        """Have it leave the channel."""
        self._exchange.change(topic, wanted=False)

    def broadcast(self, broadcast: Broadcast) -> None:
        """Let it wait for the writer."""
        self._check_process()
        self._exchange.put(broadcast.topic, envelope.encode(broadcast))

    def stop(self) -> None:
        """Send what waits, if that can be, then end both threads."""
        self._exchange.stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_S)

    def _check_process(self) -> None:
        """A fork copies the queue and not the threads: what is said there would never be heard."""
        if os.getpid() != self._process:
            raise RuntimeError("this Redis adapter was made before a fork: make one in each server process")
