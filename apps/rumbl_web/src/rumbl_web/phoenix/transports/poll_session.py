"""A long-poll session: a connection of the hub that has no descriptor.

It is a member of groups and is sent to like every other connection, in the same order. But what it is sent is
collected as mail until its client polls. The detour costs nobody else anything: for the fan-out it is a
connection with something in its outbox, always.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from rumbl_web.phoenix.transports import poll_answer
from rumbl_web.phoenix.transports.connection import HubConnection
from rumbl_web.phoenix.transports.outbox import Outbox

if TYPE_CHECKING:
    from rumbl_web.phoenix.transport import SocketHandler
    from rumbl_web.phoenix.transports.hub import Hub
    from rumbl_web.phoenix.transports.options import Limits
    from rumbl_web.phoenix.transports.wire import Wire

NO_DESCRIPTOR: Final = 1 << 30
"""The `fd` of a session while it lasts: no process has that many, so a write by mistake fails."""

PATIENCE: Final = 1.5
"""How many windows a client may let pass between two polls."""


Key = TypeVar("Key")


def until(queue: dict[Key, int], now: int) -> list[Key]:
    """Return those in `queue`, which is in the order of its moments, whose moment has come."""
    return [key for key, _ in takewhile(lambda entry: entry[1] <= now, queue.items())]


class Mail(Outbox):
    """What a session was sent and nobody polled for yet. Tells `news` of its session when something comes."""

    __slots__ = ("_news", "_session")

    def __init__(self, session: PollSession, news: set[PollSession]) -> None:
        self._chunks: deque[bytes | memoryview] = deque()
        self.size = 0
        self.stalled_since = 0
        self._session = session
        self._news = news

    def add(self, data: bytes) -> None:
        """Put `data`, one frame or several, behind the rest."""
        super().add(data)
        self._news.add(self._session)

    def tell(self) -> None:
        """Have the session looked at though nothing has come."""
        self._news.add(self._session)

    def put_back(self, chunks: Sequence[bytes]) -> None:
        """Put what did not arrive before the rest again."""
        self._chunks.extendleft(reversed(chunks))
        self.size += sum(map(len, chunks))
        self._news.add(self._session)

    def take(self) -> list[bytes]:
        """Return everything and keep nothing."""
        chunks = [bytes(chunk) for chunk in self._chunks]
        self.cut()
        return chunks

    def cut(self) -> None:
        """Forget everything."""
        self._chunks.clear()
        self.size = 0


class Window:
    """How long polls wait (µs), and the sessions that have this window: each is in one of two queues.

    `waiting` has those whose client is polling, `idle` the others, each with the moment at which that ends.
    Every new entry ends after all older ones, so only the first has to be looked at.
    """

    __slots__ = ("idle", "length", "waiting")

    def __init__(self, window_s: float) -> None:
        self.length = int(window_s * 1_000_000)
        self.waiting: dict[PollSession, int] = {}
        self.idle: dict[PollSession, int] = {}

    def polled(self, session: PollSession, now: int) -> None:
        """Its client waits from now on."""
        self.idle.pop(session, None)
        self.waiting[session] = now + self.length

    def answered(self, session: PollSession, now: int) -> None:
        """Its client should come back."""
        self.forget(session)
        self.idle[session] = now + int(self.length * PATIENCE)

    def forget(self, session: PollSession) -> None:
        """It has ended."""
        self.waiting.pop(session, None)
        self.idle.pop(session, None)

    def due(self, now: int) -> tuple[list[PollSession], list[PollSession]]:
        """Return whose polls have waited long enough, and whose clients stay away."""
        return until(self.waiting, now), until(self.idle, now)

    def next(self) -> list[int]:
        """Return when that will be, for the first of each."""
        return [next(iter(queue.values())) for queue in (self.waiting, self.idle) if queue]


class PollSession(HubConnection):
    """The `Connection` of a client that polls. `token` is its name; `request` is the poll that waits."""

    __slots__ = ("answered", "mail", "request", "token", "window")

    is_remote: ClassVar[bool] = False

    def __init__(
        self,
        hub: Hub,
        handler: SocketHandler | None,
        limits: Limits,
        window: Window,
        token: str,
    ) -> None:
        super().__init__(hub, NO_DESCRIPTOR, handler, 0, limits)
        self.mail = Mail(self, hub.polls.news)
        self.outbox = self.mail
        self.window = window
        self.token = token
        self.request: PollRequest | None = None
        self.answered: PollRequest | None = None

    @property
    def over(self) -> bool:
        """It has ended and there is no mail left to fetch. May be asked on any thread."""
        return self.handler is None and not self.mail.size

    @property
    def is_uncertain(self) -> bool:
        """Another node carried its last answer, and has not said yet whether it arrived."""
        return self.answered is not None and self.answered.fd < 0

    def close(self, code: int, reason: str = "") -> None:
        """Let the client fetch what is queued, then end."""
        self.hub.call_later(self.hub.polls.close, self, code)

    def arrived(self, batch: Sequence[bytes], taken: bool) -> None:
        """Hear whether the answer of a poll arrived, with `batch` in it. Hub's thread only."""
        if batch and not taken:
            self.mail.put_back(batch)


class RemoteSession(PollSession):
    """A session of another node, where its client polls this one. It lasts for one poll.

    `tell` carries to the owner whether the client took what the owner sent.
    """

    __slots__ = ("__weakref__", "_fed", "_tell")

    is_remote: ClassVar[bool] = True

    def __init__(self, hub: Hub, window: Window, token: str, tell: Callable[[bool], None]) -> None:
        super().__init__(hub, None, hub.options.limits, window, token)
        self._tell = tell
        self._fed = False

    def feed(self, batch: Sequence[bytes]) -> None:
        """Take what the owner sends; once the poll is over it goes back."""
        if self.fd < 0:
            self._tell(False)
            return
        self._fed = True
        for chunk in batch:
            self.mail.add(chunk)

    def arrived(self, batch: Sequence[bytes], taken: bool) -> None:
        """Let the owner know, and end. An answer of our own (204) brought nothing of the owner's."""
        if self.fd >= 0:
            everything = taken and self._fed and not self.mail.size
            self.hub.polls.forget(self)
            self._tell(everything)


class PollRequest(HubConnection):
    """One poll: the client's descriptor while it waits for its answer, and until it has the answer.

    `head` is the beginning of the answer. `batch` is what the answer carries, as long as it may be lost.
    """

    __slots__ = ("batch", "head", "session")

    def __init__(self, session: PollSession, fd: int, head: bytes, now: int) -> None:
        super().__init__(session.hub, fd, None, now, session.limits)
        self.session = session
        self.head = head
        self.batch: Sequence[bytes] = ()

    def write(self, wire: Wire, status: int, batch: Sequence[bytes]) -> None:
        """Send the answer."""
        content = poll_answer.polled(status, self.session.token, batch)
        wire.write(self, poll_answer.whole(self.head, content))


class RemoteRequest(PollRequest):
    """A poll that waits on another node, which `deliver` carries the answer to."""

    __slots__ = ("__weakref__", "_deliver")

    def __init__(self, session: PollSession, deliver: Callable[[int, Sequence[bytes]], None]) -> None:
        super().__init__(session, -1, b"", 0)
        self._deliver = deliver

    def write(self, wire: Wire, status: int, batch: Sequence[bytes]) -> None:
        """Send the answer to the other node."""
        self.seen = wire.now
        self._deliver(status, batch)
