"""Closes the sockets of who may not be here any more, while they are connected.

A log-out and a password change close their sockets at once. This finds the rest, within a few minutes: the
token of a socket expired, or its session ended where nobody said so (expired, or removed with its user). The
cost is one query a minute for all sessions of this server process, however many sockets they have.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from info_sys import otp
from info_sys.otp.gen_server import GenServer
from info_sys.otp.supervisor import ChildSpec
from rumbl_core import accounts
from rumbl_core.errors import Unavailable
from rumbl_web.channels.user_socket import EXPIRIES, SESSIONS, expiry_has_passed
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import DISCONNECT, Broadcast
from rumbl_web.phoenix.pubsub import PubSub

log = logging.getLogger(__name__)

NAME: Final = "RumblWeb.SessionWatch"
EVERY_S: Final = 60.0


class SessionWatch(GenServer):
    """Looks every `every_s`; `clock` gives Unix seconds."""

    def __init__(
        self, endpoint: Endpoint, every_s: float = EVERY_S, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(name=NAME)
        self._endpoint = endpoint
        self._every_ms = every_s * 1000
        self._clock = clock

    @classmethod
    def child_spec(cls, endpoint: Endpoint) -> ChildSpec:
        """How a supervisor starts and restarts it."""
        return ChildSpec(NAME, lambda: cls(endpoint).start())

    def init(self) -> None:
        """Begin to look."""
        otp.send_after(self, "look", self._every_ms)

    def handle_info(self, message: object) -> None:
        """Look; while the database is away, nobody is thrown out and the next look is as good."""
        otp.send_after(self, "look", self._every_ms)
        self._close_expired()
        try:
            with otp.blocking():
                close_ended(self._endpoint.pubsub)
        except Unavailable as error:
            log.warning("sessions are checked later: %s", error)

    def _close_expired(self) -> None:
        now = self._clock()
        for topic in self._endpoint.pubsub.topics(EXPIRIES):
            if expiry_has_passed(topic, now):
                _close(self._endpoint.pubsub, topic)


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
