"""A tab that lives: it reads all the time, comes back when it was closed, and fetches what it lacks."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from simple_websocket import ConnectionClosed

from tests.viewer import Account, Viewer

DEMO = "/watch/1"
READ_S = 0.02
PACE_S = 0.04
"""Between two notes: a server takes 30 pushes a second of one socket for long."""
NOTICE_S = 0.5
"""As the page: how long it waits for what was only overtaken."""


class Tab(threading.Thread):
    """A viewer on a thread of its own. `urls` gives the nodes to try, the first one first."""

    def __init__(self, *urls: str, member: str | None = None) -> None:
        super().__init__(daemon=True)
        self.account = Account(urls[0])
        if member is not None:
            self.account.register(member.title(), member)
        boot = self.account.boot(DEMO)
        self.name = member or "guest"
        self.closes: list[tuple[float, int]] = []
        self.answered_s: dict[str, float] = {}
        self.rejoined_at: list[float] = []
        self.viewer = Viewer(urls[0], boot["userToken"], boot["videoId"])
        self._urls = urls
        self._to_post: deque[str] = deque()
        self._posted_at: dict[str, float] = {}
        self._next_post_at = 0.0
        self._gap_since: float | None = None
        self._done = threading.Event()
        self.viewer.connect()
        self.start()

    def post(self, *bodies: str) -> None:
        """Post notes; each body is its own key."""
        self._to_post.extend(bodies)

    @property
    def bodies(self) -> list[str]:
        """What it shows."""
        return [note["body"] for note in list(self.viewer.notes.values())]

    @property
    def unanswered(self) -> int:
        """How many posted notes have no answer yet."""
        return len(self._to_post) + len(self.viewer.pending)

    @property
    def local_port(self) -> int:
        """The port of its connection, on its own side."""
        return int(self.viewer.socket.sock.getsockname()[1])

    def close(self) -> None:
        """Close the tab."""
        self._done.set()
        self.join(10)
        self.viewer.close()

    def run(self) -> None:
        """Live until `close`."""
        while not self._done.is_set():
            try:
                self._turn()
            except ConnectionClosed as closed:
                self.closes.append((time.monotonic(), int(closed.reason)))
                self._come_back()

    def _turn(self) -> None:
        now = time.monotonic()
        if self._to_post and now > self._next_post_at:
            body = self._to_post[0]
            self._next_post_at = now + PACE_S
            self._posted_at.setdefault(body, now)
            self.viewer.post(body, body)
            self._to_post.popleft()
        self.viewer.read(READ_S)
        for key in self.viewer.acknowledged.keys() - self.answered_s.keys():
            self.answered_s[key] = time.monotonic() - self._posted_at[key]
        if not self.viewer.lacks:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = time.monotonic()
        elif time.monotonic() > self._gap_since + NOTICE_S:
            self._gap_since = None
            self.viewer.catch_up()

    def _come_back(self) -> None:
        """Try the nodes in turn, like a page behind a load balancer."""
        while not self._done.is_set():
            for url in self._urls:
                self.viewer.move(url)
                try:
                    self.viewer.connect(deadline_s=0.0)
                except (AssertionError, ConnectionClosed, OSError):
                    time.sleep(0.05)
                    continue
                self.rejoined_at.append(time.monotonic())
                return


def shows_once(tab: Tab, bodies: list[str]) -> bool:
    """Whether a tab shows all of these notes, none of them twice."""
    shown = Counter(tab.bodies)
    return all(shown[body] == 1 for body in bodies)
