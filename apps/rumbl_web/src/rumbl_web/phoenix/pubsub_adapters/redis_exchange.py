"""What the threads of a Redis adapter share: what waits, which topics are wanted, and how the link does.

Pure of I/O: its lock is never held for longer than a moment.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import orjson

from rumbl_web.phoenix.pubsub_adapters.outgoing import BATCH_MESSAGES, MAX_MESSAGES, Item, Outgoing
from rumbl_web.phoenix.pubsub_adapters.redis_link import Link

log = logging.getLogger(__name__)

STOP_S: Final = 1.0
"""How long a stop waits for what is still to go out."""


@dataclass(frozen=True)
class Timing:
    """In seconds."""

    bell: float = 0.75
    """How often the way through Redis is tried."""
    stale: float = 2.0
    """How long the bell may be away before the link is given up."""
    retry: float = 0.25
    """Between two tries to connect."""
    settle: float = 1.5
    """What the other nodes get to subscribe again before this one speaks: longer than one of their tries."""
    start: float = 2.0
    """How long a start waits for Redis."""


class Channels:
    """The names of channels in Redis. The number of a database is part of them: channels know none."""

    def __init__(self, prefix: str, database: int, node_name: str) -> None:
        start = f"{prefix}:{database}:".encode()
        self.gap: Final = start + b"gap"
        self.bell: Final = start + b"node:" + node_name.encode()
        self._topics: Final = start + b"topic:"

    def of(self, topic: str) -> bytes:
        """The channel of a topic."""
        return self._topics + topic.encode("utf-8", "surrogatepass")

    def topic(self, channel: bytes) -> str:
        """The topic of a channel."""
        return channel[len(self._topics) :].decode("utf-8", "surrogatepass")


class Job(NamedTuple):
    """What the writer does next: publish `batch` on `link` (None: there is no link now)."""

    link: Link | None
    batch: deque[Item]


@dataclass(slots=True)
class Late:
    """A subscription that was asked for and is not in effect yet."""

    since: float
    callbacks: list[Callable[[], None]] = field(default_factory=list)


class Exchange:
    """Safe to use from any thread."""

    def __init__(
        self, channels: Channels, node_name: str, timing: Timing, shown: str, max_waiting: int = MAX_MESSAGES
    ) -> None:
        self.channels = channels
        self.timing = timing
        self.stopped = threading.Event()
        self._node = node_name.encode()
        self._shown = shown
        self._wake = threading.Condition()
        self._outgoing = Outgoing(time.monotonic, max_waiting)
        self._number = 0
        self._topics: set[str] = set()
        self._changes: dict[str, None] = {}
        self._late: dict[str, Late] = {}
        self._link: Link | None = None
        self._started_at = time.monotonic()
        self._alone_since: float | None = None
        # The last Gap of this node that has not come back to it by Redis, and how far back it reaches.
        self._told: tuple[bytes, float] | None = None
        self._rung_at = 0.0
        self._stop_at = float("inf")

    # -- for the node

    @property
    def connected(self) -> bool:
        """Whether broadcasts go out and come in."""
        link = self._link
        return link is not None and link.open

    def wait_for_first_link(self) -> None:
        """Wait until this node is connected, or knows that it begins alone."""
        with self._wake:
            known = self._wake.wait_for(
                lambda: self.connected or self._alone_since is not None, self.timing.start
            )
        if not known:
            self.failed(TimeoutError("no answer yet"))

    def change(self, topic: str, wanted: bool) -> None:
        """Listen to a topic, or no more."""
        with self._wake:
            if wanted:
                self._topics.add(topic)
                self._late[topic] = Late(time.monotonic())
            else:
                self._topics.discard(topic)
                self._late.pop(topic, None)
            self._changes[topic] = None
            self._rung_at = 0.0
            self._wake.notify_all()

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """Call back when a topic's subscription is in effect, or the link is lost. False: no need to wait."""
        with self._wake:
            late = self._late.get(topic)
            if late is None or self._link is None or self.stopped.is_set():
                return False
            late.callbacks.append(callback)
            return True

    def put(self, topic: str, body: bytes) -> None:
        """Let a broadcast wait for the writer."""
        channel = self.channels.of(topic)
        with self._wake:
            self._number += 1
            first_lost = self._outgoing.put(Item(channel, b"%b %d\n%b" % (self._node, self._number, body)))
            self._wake.notify_all()
        if first_lost:
            log.warning("too much waits for Redis at %s: the oldest broadcasts are dropped", self._shown)

    def stop(self) -> None:
        """Let the threads end: the writer when all is sent, or soon."""
        with self._wake:
            self._stop_at = time.monotonic() + STOP_S
            self.stopped.set()
            late = self._take_late()
            self._wake.notify_all()
        _call_back(late)

    # -- for the reader

    def failed(self, error: Exception) -> None:
        """Redis could not be reached."""
        with self._wake:
            if self.connected or self._alone_since is not None:
                return
            self._alone_since = self._started_at
        log.warning(
            "Redis at %s can't be reached (%s): this node serves alone until it can", self._shown, error
        )
        with self._wake:
            self._wake.notify_all()

    def made(self, link: Link) -> list[bytes]:
        """Redis was reached: give the channels to subscribe to, the bell's at the end."""
        with self._wake:
            self._link = link
            self._changes.clear()
            self._late.clear()
            self._rung_at = 0.0
            self._wake.notify_all()
            return [self.channels.gap, *map(self.channels.of, self._topics), self.channels.bell]

    def take_changes(self) -> tuple[list[bytes], list[bytes]]:
        """The channels to subscribe to, and those to leave."""
        if not self._changes:
            return [], []
        with self._wake:
            changes, self._changes = self._changes, {}
            wanted = [self.channels.of(t) for t in changes if t in self._topics]
            return wanted, [self.channels.of(t) for t in changes if t not in self._topics]

    def confirmed(self, topic: str) -> float | None:
        """Redis has confirmed what was asked for on a topic: give how many s that took, if it was late."""
        with self._wake:
            # What has changed since will be asked for, and confirmed as well.
            late = None if topic in self._changes else self._late.pop(topic, None)
        if late is None:
            return None
        _call_back([late])
        return time.monotonic() - late.since

    def listening(self, link: Link) -> None:
        """All subscriptions are in effect. A node that was alone gives the others a moment to be so far."""
        with self._wake:
            settle = 0.0 if self._alone_since is None else self.timing.settle
            link.opens_at = time.monotonic() + settle
            self._wake.notify_all()

    def gap_came(self, data: bytes) -> None:
        """A Gap has come through Redis: so has its sender's, if it is this node."""
        with self._wake:
            if self._told is not None and self._told[0] == data:
                self._told = None

    # -- for the writer

    def next_job(self, link: Link | None) -> Job | None:
        """Wait for something to do, also that `link` is the link no more; None when it is time to end."""
        with self._wake:
            while True:
                if self._link is not link:
                    return Job(self._link, deque())
                now = time.monotonic()
                if self.stopped.is_set() and (link is None or not self._outgoing or now > self._stop_at):
                    return None
                if link is not None and (batch := self._next_batch(link, now)):
                    return Job(link, batch)
                self._wake.wait(self._pause(link, now))

    def _next_batch(self, link: Link, now: float) -> deque[Item]:
        if not link.open and (now >= link.opens_at or self.stopped.is_set()):
            self._open(link, now)
        if link.open and self._outgoing.lossy_since is not None and len(self._outgoing) < BATCH_MESSAGES:
            self._announce_gap(now, self._outgoing.lossy_since)
        batch = self._outgoing.take() if link.open else deque()
        if now >= self._rung_at + self.timing.bell:
            self._rung_at = now
            batch.appendleft(Item(self.channels.bell, b""))
        return batch

    def _pause(self, link: Link | None, now: float) -> float | None:
        """How long nothing has to be done, if nothing happens."""
        if link is None:
            return None
        due = self._rung_at + self.timing.bell
        return max(0.0, min(due, due if link.open else link.opens_at) - now)

    def _open(self, link: Link, now: float) -> None:
        link.open = True
        if self._alone_since is not None:
            log.warning("Redis at %s is back after %.1f s", self._shown, now - self._alone_since)
            self._announce_gap(now, self._alone_since)
            self._alone_since = None
        self._wake.notify_all()

    def _announce_gap(self, now: float, since: float) -> None:
        """Behind all that waits, tell every node how long back something may be missing."""
        since = min(since, self._outgoing.lossy_since or since)
        dropped = self._outgoing.forgive()
        if dropped:
            log.warning("%d broadcasts to other nodes were dropped", dropped)
        data = orjson.dumps([self._node.decode(), now - since])
        self._told = data, since
        self._outgoing.put_note(Item(self.channels.gap, data))

    # -- for both

    def lost(self, link: Link, error: Exception, unsent: Iterable[Item] = ()) -> None:
        """The link is broken; what was not acknowledged on it is sent again on the next one."""
        with self._wake:
            self._outgoing.put_back([item for item in unsent if item.channel != self.channels.bell])
            if self._link is not link:
                return
            self._link = None
            link.broken, link.open = True, False
            late = self._take_late()
            first = self._alone_since is None
            if first:
                # A Gap that broke off with the link is told again, from where it began.
                self._alone_since = min(link.heard_at, self._told[1] if self._told else link.heard_at)
            self._wake.notify_all()
        _call_back(late)
        if first and not self.stopped.is_set():
            log.warning("Redis at %s is lost (%s): this node goes on alone", self._shown, error)

    def _take_late(self) -> list[Late]:
        late, self._late = list(self._late.values()), {}
        return late


def _call_back(late: Iterable[Late]) -> None:
    for subscription in late:
        for callback in subscription.callbacks:
            callback()
