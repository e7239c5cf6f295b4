"""One thread for a thousand sockets: epoll and a heap of timers."""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable

IN, OUT = select.EPOLLIN, select.EPOLLOUT
_MOST_EVENTS = 512

Task = Callable[[], None]
Handler = Callable[[int], None]


class Loop:
    """Calls handlers when their descriptors are ready, and tasks when they are due."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._tasks: list[tuple[float, int, Task]] = []
        self._count = itertools.count()

    def watch(self, descriptor: int, events: int, handler: Handler) -> None:
        """Call `handler(events)` when something of this comes."""
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, events)

    def change(self, descriptor: int, events: int) -> None:
        """Wait for other events of it."""
        self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Call its handler no more."""
        del self._handlers[descriptor]
        self._epoll.unregister(descriptor)

    def later(self, seconds: float, task: Task) -> None:
        """Run `task` once, after so long."""
        heapq.heappush(self._tasks, (time.monotonic() + seconds, next(self._count), task))

    def run(self, done: Callable[[], bool]) -> None:
        """Until `done()`, which is asked after each look at the sockets, four times a second at least."""
        while not done():
            for descriptor, events in self._epoll.poll(self._wait_s(), _MOST_EVENTS):
                if handler := self._handlers.get(descriptor):  # one before it may have forgotten it
                    handler(events)
            now = time.monotonic()
            while self._tasks and self._tasks[0][0] <= now:
                heapq.heappop(self._tasks)[2]()

    def close(self) -> None:
        """Watch nothing any more."""
        self._epoll.close()

    def _wait_s(self) -> float:
        return max(0.0, min(0.25, self._tasks[0][0] - time.monotonic())) if self._tasks else 0.25
