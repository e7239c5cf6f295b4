"""The fastlane: broadcasts go from the publisher to the connections, past the channel processes.

Subscribers of a topic with the same serializer and the same intercepted events form a group. A broadcast is
encoded once per serializer and handed to the transport's fan-out once per group, so publishing costs the
same for one viewer and for ten thousand. Events that a channel intercepts go to its process instead, as
mail.
"""

from __future__ import annotations

import logging
import threading
from typing import Final, Protocol

from info_sys.otp import Process
from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.serializer import Encoded, Serializer
from rumbl_web.phoenix.transport import Connection, Fanout, Subscription

log = logging.getLogger(__name__)

OVERRUN: Final = ("overrun", "an intercepted broadcast did not fit into the mailbox")
"""Exit reason of a channel that is too slow for what it intercepts: its client rejoins and catches up."""


class Group:
    """Subscribers of one topic that get the same bytes. Its identity is the key in the fan-out."""

    __slots__ = ("intercepts", "processes", "serializer", "size", "topic")

    def __init__(self, topic: str, serializer: Serializer, intercepts: frozenset[str]) -> None:
        self.topic = topic
        self.serializer = serializer
        self.intercepts = intercepts
        self.size = 0
        self.processes: dict[Process, None] | None = {} if intercepts else None

    def __repr__(self) -> str:
        return f"<Group {self.topic!r} {self.serializer.vsn} {sorted(self.intercepts)}>"


class Seat:
    """One channel's place in a group."""

    __slots__ = ("group", "process", "subscription")

    def __init__(self, group: Group, process: Process, subscription: Subscription) -> None:
        self.group = group
        self.process = process
        self.subscription = subscription


class Listener(Protocol):
    """Who must know which topics have seats, to hear other nodes on them: PubSub. Never blocks."""

    def listen(self, topic: str) -> None:
        """The first seat of `topic` is being taken."""

    def unlisten(self, topic: str) -> None:
        """Its last one was left."""


class Fastlane:
    """All groups over one fan-out. Safe to use from any thread."""

    def __init__(self, fanout: Fanout, listener: Listener | None = None) -> None:
        self.fanout = fanout
        self._listener = listener
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[Group, ...]] = {}

    def take_seat(
        self,
        process: Process,
        topic: str,
        connection: Connection,
        serializer: Serializer,
        intercepts: frozenset[str],
    ) -> Seat:
        """Subscribe `connection` to `topic` for its channel `process`; what arrives is held until release."""
        with self._lock:
            group = self._group(topic, serializer, intercepts)
            group.size += 1
            if group.processes is not None:
                group.processes[process] = None
        return Seat(group, process, self.fanout.subscribe(connection, group))

    def leave_seat(self, seat: Seat) -> None:
        """End the subscription. Call it once per seat."""
        seat.subscription.cancel()
        group = seat.group
        with self._lock:
            group.size -= 1
            if group.processes is not None:
                group.processes.pop(seat.process, None)
            if not group.size:
                self._remove(group)

    def dispatch(self, broadcast: Broadcast, sender: object) -> None:
        """Publish `broadcast` to every group of its topic, without the seat of a channel process `sender`.

        Raises what a serializer raises for a payload it can't write.
        """
        groups = self._groups.get(broadcast.topic)
        if groups is None:
            return
        if telemetry.listening():
            counted = {"subscribers": sum(group.size for group in groups)}
            telemetry.emit("pubsub.fanned_out", counted, topic=broadcast.topic, event=broadcast.event)
        seat: Seat | None = None if sender is None else getattr(sender, "seat", None)
        encoded: dict[Serializer, Encoded | None] = {}
        for group in groups:
            if broadcast.event in group.intercepts:
                self._mail(group, broadcast, sender)
                continue
            if group.serializer not in encoded:
                encoded[group.serializer] = group.serializer.encode_broadcast(broadcast)
            frame = encoded[group.serializer]
            if frame is None:
                continue
            exclude = seat.subscription if seat is not None and seat.group is group else None
            self.fanout.publish(group, frame[0], frame[1], exclude)

    def groups(self, topic: str) -> tuple[Group, ...]:
        """The groups of `topic`, for the observer and tests."""
        return self._groups.get(topic, ())

    def _mail(self, group: Group, broadcast: Broadcast, sender: object) -> None:
        for process in list(group.processes or ()):
            if process is not sender and not process.send(broadcast) and process.alive:
                process.exit(OVERRUN)

    def _group(self, topic: str, serializer: Serializer, intercepts: frozenset[str]) -> Group:
        groups = self._groups.get(topic, ())
        for group in groups:
            if group.serializer is serializer and group.intercepts == intercepts:
                return group
        # Under the lock, so that a last and a first seat at once are told in their order.
        if not groups and self._listener is not None:
            self._listener.listen(topic)
        group = Group(topic, serializer, intercepts)
        self._groups[topic] = (*groups, group)
        return group

    def _remove(self, group: Group) -> None:
        rest = tuple(other for other in self._groups[group.topic] if other is not group)
        if rest:
            self._groups[group.topic] = rest
        else:
            del self._groups[group.topic]
            if self._listener is not None:
                self._listener.unlisten(group.topic)
