"""The two threads of a Redis adapter: one writes, one connects and reads. Each owns its half of the link."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter, deque
from typing import Any, Final

import orjson

from rumbl_web.phoenix.mistakes import Mistakes
from rumbl_web.phoenix.pubsub_adapters import envelope
from rumbl_web.phoenix.pubsub_adapters.adapter import Deliver, Gap, OnGap
from rumbl_web.phoenix.pubsub_adapters.outgoing import Item
from rumbl_web.phoenix.pubsub_adapters.redis_exchange import Exchange
from rumbl_web.phoenix.pubsub_adapters.redis_link import Address, Link, LinkError

log = logging.getLogger(__name__)

_POLL_S: Final = 0.2
_MAX_NODES: Final = 4096
_MAX_GAP_S: Final = 365 * 24 * 60 * 60.0
"""Further back nobody asks a database."""


class Writer(threading.Thread):
    """Publishes what waits, all that is there in one go, and rings the bell."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(name="rumbl-redis-writer", daemon=True)
        self._exchange = exchange

    def run(self) -> None:
        """Work until the exchange is stopped."""
        link: Link | None = None
        while (job := self._exchange.next_job(link)) is not None:
            if link is not None and link is not job.link:
                link.close_publisher()
            link = job.link
            if link is not None and job.batch:
                try:
                    link.publish(job.batch)
                except LinkError as error:
                    self._exchange.lost(link, error, job.batch)
        if link is not None:
            self._wake_reader(link)
            link.close_publisher()

    def _wake_reader(self, link: Link) -> None:
        """Ring once more: the reader, who waits for something to read, then sees that it is time to end."""
        try:
            link.publish(deque([Item(self._exchange.channels.bell, b"")]))
        except LinkError as error:
            log.debug("the last bell did not ring: %s", error)


class Reader(threading.Thread):
    """Connects, keeps the subscriptions, and delivers."""

    def __init__(
        self, exchange: Exchange, address: Address, node_name: str, deliver: Deliver, on_gap: OnGap
    ) -> None:
        super().__init__(name="rumbl-redis-reader", daemon=True)
        self._exchange = exchange
        self._channels = exchange.channels
        self._address = address
        self._node = node_name.encode()
        self._deliver = deliver
        self._on_gap = on_gap
        self._mistakes = Mistakes()
        # How many times Redis was asked for a channel and has not confirmed it.
        self._asked: Counter[bytes] = Counter()
        self._last_numbers: dict[bytes, int] = {}

    def run(self) -> None:
        """Work until the exchange is stopped."""
        while not self._exchange.stopped.is_set():
            try:
                link = Link(self._address)
            except LinkError as error:
                self._exchange.failed(error)
            else:
                self._live_on(link)
            self._exchange.stopped.wait(self._exchange.timing.retry)

    def _live_on(self, link: Link) -> None:
        try:
            channels = self._exchange.made(link)
            self._asked = Counter(channels)
            link.subscribe(channels)
            while not link.broken and not self._exchange.stopped.is_set():
                self._turn(link)
        except LinkError as error:
            self._exchange.lost(link, error)
        finally:
            link.close_listener()

    def _turn(self, link: Link) -> None:
        message = link.read(_POLL_S)
        if message is not None:
            self._take(link, *message)
        wanted, unwanted = self._exchange.take_changes()
        if unwanted:
            link.unsubscribe(unwanted)
        if wanted:
            self._asked.update(wanted)
            link.subscribe(wanted)
        if time.monotonic() > link.heard_at + self._exchange.timing.stale:
            raise LinkError(f"nothing came through for {self._exchange.timing.stale:g} s")

    def _take(self, link: Link, kind: bytes, channel: bytes, data: Any) -> None:
        match kind:
            case b"message" if channel == self._channels.bell:
                link.heard_at = time.monotonic()
            case b"message" if channel == self._channels.gap:
                self._take_gap(data)
            case b"message":
                self._take_broadcast(channel, data)
            case b"subscribe" if channel == self._channels.bell:
                self._exchange.listening(link)
            case b"subscribe":
                self._confirm(channel)

    def _confirm(self, channel: bytes) -> None:
        self._asked[channel] -= 1
        if self._asked[channel] > 0:
            return  # it was left and taken again: only the last time counts
        del self._asked[channel]
        topic = self._channels.topic(channel)
        if (seconds := self._exchange.confirmed(topic)) is not None:
            self._on_gap(Gap(seconds, frozenset({topic})))

    def _take_broadcast(self, channel: bytes, data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        node, _, number = head.partition(b" ")
        if node == self._node:
            return
        try:
            if not self._is_news(node, int(number)):
                return
            broadcast = envelope.decode(self._channels.topic(channel), body)
        except ValueError as error:
            self._mistakes.report(log, "skipped what is no broadcast on %.100r: %s", channel, error)
            return
        try:
            self._deliver(broadcast)
        except Exception:
            log.exception("%r on %r was not delivered", broadcast.event, broadcast.topic)

    def _is_news(self, node: bytes, number: int) -> bool:
        """Whether a node's message was not here before: after trouble it may send some again."""
        if number <= self._last_numbers.get(node, 0):
            return False
        if node not in self._last_numbers and len(self._last_numbers) >= _MAX_NODES:
            del self._last_numbers[next(iter(self._last_numbers))]
        self._last_numbers[node] = number
        return True

    def _take_gap(self, data: bytes) -> None:
        self._exchange.gap_came(data)
        try:
            _node, seconds = orjson.loads(data)
            seconds = float(seconds)
        except (ValueError, TypeError) as error:
            self._mistakes.report(log, "skipped what is no gap: %s", error)
            return
        if math.isfinite(seconds):
            self._on_gap(Gap(min(max(seconds, 0.0), _MAX_GAP_S)))
