"""Two connections to Redis that live and break together: one to publish on, one to listen on.

Each belongs to one thread. No call blocks longer than its timeout; what goes wrong is a `LinkError`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.connection import ConnectionInterface, parse_url
from redis.retry import Retry

from rumbl_web.phoenix.pubsub_adapters.outgoing import Item

TIMEOUT_S: Final = 1.0
"""How long a connect, a write or a reply may take."""

_CHANNELS_AT_ONCE: Final = 1000

_OURS: Final[Mapping[str, Any]] = {
    "socket_timeout": TIMEOUT_S,
    "socket_connect_timeout": TIMEOUT_S,
    "retry": Retry(NoBackoff(), 0),
    "driver_info": None,
    "protocol": 2,
    "decode_responses": False,
    "max_connections": 1 << 31,
}
"""What the url asks for gives way to this: a thread must never wait longer, replies are bytes in the form
that `Link` reads, and connections are counted as they are made: any limit would end the tries to connect."""


class LinkError(Exception):
    """Redis does not answer, refuses us, or is not there."""


class Address:
    """Where Redis is. `str()` shows it without its secrets."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        self._shown = f"{parts.scheme}://{place}{parts.path}"
        self._pool = ConnectionPool(**{**parse_url(url), **_OURS})

    def __str__(self) -> str:
        return self._shown

    @property
    def database(self) -> int:
        """The number of the database: channels know none, so it goes into their names."""
        return int(self._pool.connection_kwargs.get("db") or 0)

    def connect(self) -> ConnectionInterface:
        """A new connection that Redis has answered on. Raises LinkError."""
        with _link_errors():
            connection = self._pool.make_connection()
            try:
                connection.connect()
                connection.send_command("PING", check_health=False)
                connection.read_response()
            except BaseException:
                connection.disconnect()
                raise
            return connection


class Link:
    """The two connections. Everything raises LinkError, also that Redis refuses."""

    def __init__(self, address: Address, clock: Callable[[], float] = time.monotonic) -> None:
        self.broken = False
        """Set by who gives the link up, so that the other thread does too."""
        self.opens_at = float("inf")
        """When broadcasts may go out: not before all subscriptions are in effect."""
        self.open = False
        """Whether they may."""
        self.heard_at = clock()
        """When something last came all the way through Redis."""
        self._listener = address.connect()
        try:
            self._publisher = address.connect()
        except LinkError:
            self._listener.disconnect()
            raise

    def publish(self, batch: deque[Item]) -> None:
        """Send all at once, in order; take from `batch` what Redis has acknowledged while the link held."""
        with _link_errors():
            commands = [("PUBLISH", item.channel, item.data) for item in batch]
            self._publisher.send_packed_command(self._publisher.pack_commands(commands), check_health=False)
            while batch:
                self._publisher.read_response()
                if self.broken:  # others have lost their links with ours: it may have reached nobody
                    raise LinkError("it was given up meanwhile")
                batch.popleft()

    def subscribe(self, channels: Iterable[bytes]) -> None:
        """Ask for channels; `read` gives a `subscribe` for each as it takes effect."""
        self._ask("SUBSCRIBE", channels)

    def unsubscribe(self, channels: Iterable[bytes]) -> None:
        """Ask for them no more."""
        self._ask("UNSUBSCRIBE", channels)

    def read(self, wait_s: float) -> tuple[bytes, bytes, Any] | None:
        """The next `(kind, channel, data)`, or None if none comes within `wait_s` (more than 0)."""
        with _link_errors():
            if not self._listener.can_read(timeout=wait_s):
                return None
            match self._listener.read_response():
                case [bytes(kind), bytes(channel), data]:
                    return kind, channel, data
                case other:
                    raise LinkError(f"Redis said {other!r:.100}")

    def close_listener(self) -> None:
        """End one half, on its thread."""
        self._listener.disconnect()

    def close_publisher(self) -> None:
        """End the other half, on its thread."""
        self._publisher.disconnect()

    def _ask(self, command: str, channels: Iterable[bytes]) -> None:
        left = iter(channels)
        with _link_errors():
            while some := list(islice(left, _CHANNELS_AT_ONCE)):
                self._listener.send_command(command, *some, check_health=False)


@contextmanager
def _link_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of the library, of the system, or a mistake: the thread must outlive it
        raise LinkError(str(error) or type(error).__name__) from error
