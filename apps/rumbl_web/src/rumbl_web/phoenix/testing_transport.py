"""A transport without a network, for tests: connections that remember and a fan-out that runs inline.

They keep every promise of `transport`, so what is tested on them holds on the hub.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from rumbl_web.phoenix.message import Broadcast, Message, Reply
from rumbl_web.phoenix.transport import Connection, Fanout, Opcode, Subscription

DEADLINE_S: Final = 5.0
_MAX_HELD: Final = 10_000

T = TypeVar("T")


class Inbox(Generic[T]):
    """Things that arrived from any thread, in order, and waiting for one of them with a deadline."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self.items: list[T] = []

    def put(self, item: T) -> None:
        """Add `item` and wake whoever waits."""
        with self._arrived:
            self.items.append(item)
            self._arrived.notify_all()

    def take(self, wanted: Callable[[T], bool], timeout_s: float = DEADLINE_S) -> T | None:
        """Remove and give the first wanted item, waiting for it at most `timeout_s`; None if none came."""
        deadline = monotonic() + timeout_s
        with self._arrived:
            while True:
                for index, item in enumerate(self.items):
                    if wanted(item):
                        return self.items.pop(index)
                if not self._arrived.wait(deadline - monotonic()) and monotonic() >= deadline:
                    return None


class MemoryConnection:
    """A connection that remembers what was sent and how it was closed."""

    def __init__(self) -> None:
        self.inbox: Inbox[tuple[Opcode, Any]] = Inbox()
        self.closings: Inbox[tuple[int, str]] = Inbox()
        self._closed = False

    def send(self, opcode: Opcode, data: Any, *, last: bool = False) -> None:
        """Remember one message."""
        if not self._closed:
            self.inbox.put((opcode, data))

    def close(self, code: int, reason: str = "") -> None:
        """Remember the first close; later messages and closes are swallowed."""
        if not self._closed:
            self._closed = True
            self.closings.put((code, reason))

    def receive(self, count: int) -> list[tuple[Opcode, Any]]:
        """Wait for the next `count` messages and give them; fewer when the deadline passes."""
        taken = (self.inbox.take(lambda _: True) for _ in range(count))
        return [message for message in taken if message is not None]


class InlineFanout:
    """A Fanout that delivers on the publishing thread, before `publish` returns."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._groups: dict[Hashable, list[InlineSubscription]] = {}

    @property
    def groups(self) -> list[Hashable]:
        """The groups that have a subscription."""
        with self._lock:
            return list(self._groups)

    def subscribe(self, connection: Connection, group: Hashable) -> Subscription:
        """Put `connection` into `group`, held."""
        with self._lock:
            subscription = InlineSubscription(self, connection, group)
            self._groups.setdefault(group, []).append(subscription)
            return subscription

    def publish(
        self, group: Hashable, opcode: Opcode, data: bytes, exclude: Subscription | None = None
    ) -> None:
        """Send one message to every subscription of `group` but `exclude`."""
        with self._lock:
            for subscription in self._groups.get(group, ()):
                if subscription is not exclude:
                    subscription.deliver(opcode, data)

    def change(self, subscription: InlineSubscription, leave: bool) -> None:
        """Release or remove a subscription."""
        with self._lock:
            held, subscription.held = subscription.held, None
            if not leave:
                for opcode, data in held or ():
                    subscription.connection.send(opcode, data)
                return
            members = self._groups.get(subscription.group, [])
            if subscription in members:
                members.remove(subscription)
            if not members:
                self._groups.pop(subscription.group, None)


class InlineSubscription:
    """One connection's place in one group of an InlineFanout."""

    def __init__(self, fanout: InlineFanout, connection: Connection, group: Hashable) -> None:
        self.connection = connection
        self.group = group
        self.held: list[tuple[Opcode, bytes]] | None = []
        self._fanout = fanout

    def deliver(self, opcode: Opcode, data: bytes) -> None:
        """Hold or send one message; a held subscription that grows too long closes its connection."""
        if self.held is None:
            self.connection.send(opcode, data)
        elif len(self.held) < _MAX_HELD:
            self.held.append((opcode, data))
        else:
            self.connection.close(1008, "too slow to join")

    def release(self) -> None:
        """Deliver what was held and let the rest flow."""
        self._fanout.change(self, leave=False)

    def cancel(self) -> None:
        """Leave the group."""
        self._fanout.change(self, leave=True)


class Carried(bytes):
    """A message as the bytes that a NoopSerializer reads: empty ones, with the message beside them."""

    message: Message

    @classmethod
    def of(cls, message: Message) -> Carried:
        """Wrap `message`."""
        carried = cls()
        carried.message = message
        return carried


class NoopSerializer:
    """Writes nothing: what a connection gets are the message objects, so a test sees Python values."""

    vsn: Final = "2.0.0"

    def heartbeat(self, data: bytes) -> bytes | None:
        """No shortcut."""
        return None

    def decode(self, data: bytes) -> Message:
        """Give the carried message."""
        assert isinstance(data, Carried)
        return data.message

    decode_binary = decode

    def encode(self, message: Message) -> tuple[Opcode, Any]:
        """Give the message on."""
        return Opcode.TEXT, message

    def encode_reply(self, reply: Reply) -> tuple[Opcode, Any]:
        """Give the reply on."""
        return Opcode.TEXT, reply

    def encode_broadcast(self, broadcast: Broadcast) -> tuple[Opcode, Any]:
        """Give the broadcast on."""
        return Opcode.TEXT, broadcast


_: type[Fanout] = InlineFanout
