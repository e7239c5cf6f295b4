"""PubSub: who hears what is said on a topic, on this node and (by the adapter) on the others.

A receiver is anything with `send(message)`: an otp process, or the socket server, which listens on its
disconnect topics. A dispatcher serves a crowd of subscribers in a way of its own; the fastlane is one.
PubSub knows neither channels nor connections.

    pubsub = PubSub()
    pubsub.subscribe("videos:1", process)
    pubsub.broadcast("videos:1", "new_annotation", {"body": "hi"})     # process gets a Broadcast
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter, Gap
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter

log = logging.getLogger(__name__)


class Receiver(Protocol):
    """Who subscribes. `send` must not block; False means that the message was dropped."""

    def send(self, message: object) -> bool:
        """Take one message, on any thread."""


class Dispatcher(Protocol):
    """Serves many subscribers at once."""

    def dispatch(self, broadcast: Broadcast, sender: object) -> None:
        """Hand `broadcast` to its subscribers, all but `sender`."""


_Receivers = Receiver | dict[Receiver, None]


class PubSub:
    """The subscriptions of this node and the door to the others. Safe to use from any thread."""

    def __init__(self, adapter: Adapter | None = None) -> None:
        self.adapter: Adapter = adapter or LocalAdapter()
        self._lock = threading.Lock()
        # One receiver stands for itself, several are a dict: most disconnect topics have one.
        self._receivers: dict[str, _Receivers] = {}
        self._dispatchers: tuple[Dispatcher, ...] = ()
        # How many dispatchers' crowds wait for a topic.
        self._listening: dict[str, int] = {}
        self._gap_handlers: tuple[Callable[[Gap], None], ...] = ()
        self.adapter.start(self.deliver, self._tell_gap)

    def subscribe(self, topic: str, receiver: Receiver) -> None:
        """Send `receiver` every Broadcast on `topic` from now on, once, however often it subscribes."""
        with self._lock:
            there = self._receivers.get(topic)
            if there is None:
                self._receivers[topic] = receiver
                if topic not in self._listening:
                    self.adapter.subscribe(topic)
            elif isinstance(there, dict):
                there[receiver] = None
            elif there is not receiver:
                self._receivers[topic] = {there: None, receiver: None}

    def unsubscribe(self, topic: str, receiver: Receiver) -> None:
        """Stop it. Nothing happens if it was not subscribed."""
        with self._lock:
            there = self._receivers.get(topic)
            if isinstance(there, dict):
                there.pop(receiver, None)
            if there is receiver or there == {}:
                del self._receivers[topic]
                if topic not in self._listening:
                    self.adapter.unsubscribe(topic)

    def attach(self, dispatcher: Dispatcher) -> None:
        """Hand every broadcast to `dispatcher` too."""
        with self._lock:
            self._dispatchers = (*self._dispatchers, dispatcher)

    def detach(self, dispatcher: Dispatcher) -> None:
        """Stop it."""
        with self._lock:
            self._dispatchers = tuple(d for d in self._dispatchers if d is not dispatcher)

    def listen(self, topic: str) -> None:
        """Hear the other nodes on `topic` for a dispatcher that has subscribers there. Calls are counted."""
        with self._lock:
            if topic not in self._receivers and topic not in self._listening:
                self.adapter.subscribe(topic)
            self._listening[topic] = self._listening.get(topic, 0) + 1

    def unlisten(self, topic: str) -> None:
        """Take one `listen` back."""
        with self._lock:
            self._listening[topic] -= 1
            if self._listening[topic]:
                return
            del self._listening[topic]
            if topic not in self._receivers:
                self.adapter.unsubscribe(topic)

    def when_heard(self, topic: str, callback: Callable[[], None]) -> bool:
        """Call `callback` once, on any thread, when nothing said elsewhere on `topic` is missed any more.

        For who listens or subscribes already, before it reads what was said. False: that is so now, and
        nothing is called. It takes as long as the way to the others; when they are away, nobody waits.
        """
        return self.adapter.when_heard(topic, callback)

    def topics(self, prefix: str = "") -> set[str]:
        """The topics that begin with `prefix` and have subscribers on this node."""
        with self._lock:
            return {topic for topic in (*self._receivers, *self._listening) if topic.startswith(prefix)}

    def is_subscribed(self, topic: str) -> bool:
        """Whether `topic` has subscribers on this node."""
        return topic in self._receivers or topic in self._listening

    def on_gap(self, handler: Callable[[Gap], None]) -> None:
        """Call `handler`, on any thread, when broadcasts of other nodes may have been lost.

        It must not block.
        """
        with self._lock:
            self._gap_handlers = (*self._gap_handlers, handler)

    def broadcast(self, topic: str, event: str, payload: Any) -> None:
        """Tell every subscriber of `topic` on every node.

        Raises TypeError if `payload` is neither a dict nor bytes, and what the serializers raise if they
        can't write it; then nobody on another node has heard of it.
        """
        self.broadcast_from(None, topic, event, payload)

    def broadcast_from(self, sender: object, topic: str, event: str, payload: Any) -> None:
        """Tell every subscriber but `sender` (a receiver or a channel process). Raises as `broadcast`."""
        if not isinstance(payload, dict | bytes):
            raise TypeError(f"a broadcast's payload must be a dict or bytes, not {type(payload).__name__}")
        started = telemetry.start()
        broadcast = Broadcast(topic, event, payload)
        self.deliver(broadcast, sender)
        self.adapter.broadcast(broadcast)
        if started:
            telemetry.stop("pubsub.broadcast", started, topic=topic, event=event)

    def deliver(self, broadcast: Broadcast, sender: object = None) -> None:
        """Tell the subscribers on this node only; adapters call it for what other nodes say."""
        for dispatcher in self._dispatchers:
            dispatcher.dispatch(broadcast, sender)
        receivers = self._receivers.get(broadcast.topic)
        if receivers is None:
            return
        for receiver in list(receivers) if isinstance(receivers, dict) else (receivers,):
            if receiver is not sender and not receiver.send(broadcast):
                log.warning("%r missed %r on %r", receiver, broadcast.event, broadcast.topic)

    def receivers(self, topic: str) -> list[Receiver]:
        """Who is subscribed to `topic` here (not counting the dispatchers' own)."""
        with self._lock:
            there = self._receivers.get(topic, {})
            return list(there) if isinstance(there, dict) else [there]

    def _tell_gap(self, gap: Gap) -> None:
        if gap.topics is None:
            telemetry.emit("pubsub.gap", {"seconds": gap.seconds})
        for handler in self._gap_handlers:
            try:
                handler(gap)
            except Exception:
                log.exception("%r failed on %r", handler, gap)

    def stop(self) -> None:
        """Hear nothing more from other nodes."""
        self.adapter.stop()
