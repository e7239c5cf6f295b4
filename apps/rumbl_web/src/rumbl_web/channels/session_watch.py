"""Closes the sockets of who may not be here any more, while they are connected.

A log-out and a password change close their sockets at once. This finds the rest, within a few minutes: the
token of a socket expired, or its session ended where nobody said so (expired, or removed with its user). The
cost is one query a minute for all sessions of this server process, however many sockets they have.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rumbl_core import accounts
from rumbl_web.channels.user_socket import EXPIRIES, SESSIONS, expiry_has_passed
from rumbl_web.channels.watch import Watch
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import DISCONNECT, Broadcast
from rumbl_web.phoenix.pubsub import PubSub


class SessionWatch(Watch):
    """Looks once a minute; `clock` gives Unix seconds."""

    NAME: ClassVar = "RumblWeb.SessionWatch"
    EVERY_S: ClassVar = 60.0

    def __init__(
        self, endpoint: Endpoint, every_s: float | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(endpoint, every_s)
        self._clock = clock

    def look(self) -> None:
        """Close what has expired, which takes no database, then what has ended. Raises Unavailable."""
        now = self._clock()
        for topic in self._pubsub.topics(EXPIRIES):
            if expiry_has_passed(topic, now):
                _close(self._pubsub, topic)
        close_ended(self._pubsub)


def close_ended(pubsub: PubSub) -> None:
    """Close the sockets on this node whose session has ended, by one query. Raises Unavailable."""
    topics = pubsub.topics(SESSIONS)
    alive = accounts.sessions_alive([topic.removeprefix(SESSIONS) for topic in topics])
    for topic in topics:
        if topic.removeprefix(SESSIONS) not in alive:
            _close(pubsub, topic)


def _close(pubsub: PubSub, topic: str) -> None:
    # Here only: every server process looks for itself.
    pubsub.deliver(Broadcast(topic, DISCONNECT, {}))
