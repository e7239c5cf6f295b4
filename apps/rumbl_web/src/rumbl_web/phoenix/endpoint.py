"""The endpoint: what every socket, channel and controller of one site shares.

A site makes one at start and hands it around:

    endpoint = Endpoint(PubSub(), fanout, secret="...")
    endpoint.broadcast("videos:1", "new_annotation", {"body": "hi"})     # from anywhere, to every subscriber
    endpoint.disconnect("users_socket:7")                                # close all sockets of a user
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from info_sys.otp import Process
from rumbl_web.phoenix.fastlane import Fastlane
from rumbl_web.phoenix.message import DISCONNECT
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.transport import Fanout


class Endpoint:
    """PubSub, fastlane and secret of one site. `services` holds what the site's channels need by name."""

    def __init__(
        self, pubsub: PubSub, fanout: Fanout, secret: str, services: Mapping[str, Any] | None = None
    ) -> None:
        self.pubsub = pubsub
        self.fanout = fanout
        self.secret = secret
        self.services: dict[str, Any] = dict(services or {})
        # Connections of this server process with the same (first) id; None is no limit.
        self.max_per_id: int | None = None
        self.fastlane = Fastlane(fanout, pubsub)
        self._closing: list[Callable[[], object]] = []
        pubsub.attach(self.fastlane)

    def broadcast(self, topic: str, event: str, payload: Any) -> None:
        """Tell every subscriber of `topic` on every node. `payload`: a dict, or bytes. Raises as PubSub."""
        self.pubsub.broadcast(topic, event, payload)

    def broadcast_from(self, sender: object, topic: str, event: str, payload: Any) -> None:
        """Tell every subscriber but the process `sender`. Raises as PubSub."""
        self.pubsub.broadcast_from(sender, topic, event, payload)

    def subscribe(self, topic: str, process: Process) -> None:
        """Mail `process` a Broadcast for everything said on `topic`, until it ends."""
        self.pubsub.subscribe(topic, process)
        process.monitor(lambda _down: self.pubsub.unsubscribe(topic, process))

    def unsubscribe(self, topic: str, process: Process) -> None:
        """Mail it nothing more."""
        self.pubsub.unsubscribe(topic, process)

    def disconnect(self, socket_id: str) -> None:
        """Close every socket with this id, on all nodes, with code 1001: clients reconnect and are
        re-checked.

        Never 1000: phoenix.js takes that for its own close and stays away.
        """
        self.pubsub.broadcast(socket_id, DISCONNECT, {})

    def on_stop(self, callback: Callable[[], object]) -> None:
        """Call `callback` once when the endpoint stops, before the callbacks that were there earlier."""
        self._closing.append(callback)

    def stop(self) -> None:
        """Stop what stands on it, presence for one, then take part in no broadcast any more."""
        while self._closing:
            self._closing.pop()()
        self.pubsub.detach(self.fastlane)
