"""What waits to go out to the other nodes: first in, first out, bounded, the oldest dropped beyond the bound.

Not for several threads at once: its owner's lock guards it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

MAX_MESSAGES: Final = 20_000
MAX_BYTES: Final = 32 << 20
BATCH_MESSAGES: Final = 500
BATCH_BYTES: Final = 1 << 20


class Item(NamedTuple):
    """One message and the channel it goes to."""

    channel: bytes
    data: bytes

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return len(self.channel) + len(self.data)


class Outgoing:
    """The queue. `clock` gives seconds."""

    def __init__(
        self, clock: Callable[[], float], max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES
    ) -> None:
        self.dropped = 0
        self.lossy_since: float | None = None
        """When the oldest of what was dropped was put in, or before; None if nothing was since `forgive`."""
        self._clock = clock
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._emptied_at = self._emptied_before = clock()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> bool:
        """Add one at the end; the oldest make room for it. True: it is the first that cost another."""
        before = self.dropped
        self.put_note(item)
        self._make_room()
        return before == 0 and self.dropped > 0

    def put_note(self, item: Item) -> None:
        """Add one of the few of our own, which cost no other."""
        self._items.append(item)
        self._bytes += item.size

    def put_back(self, batch: Sequence[Item]) -> None:
        """Add what was taken last and could not be sent, in front of all others."""
        self._emptied_at = self._emptied_before
        self._items.extendleft(reversed(batch))
        self._bytes += sum(item.size for item in batch)
        self._make_room()

    def take(self) -> deque[Item]:
        """Take the next batch; nothing if nothing waits."""
        batch: deque[Item] = deque()
        size = 0
        while self._items and len(batch) < BATCH_MESSAGES and size < BATCH_BYTES:
            batch.append(self._items.popleft())
            size += batch[-1].size
        self._bytes -= size
        self._emptied_before = self._emptied_at
        if not self._items:
            self._emptied_at = self._clock()
        return batch

    def forgive(self) -> int:
        """Forget that anything was dropped; give how many that were."""
        dropped, self.dropped, self.lossy_since = self.dropped, 0, None
        return dropped

    def _make_room(self) -> None:
        while len(self._items) > self._max_messages or self._bytes > self._max_bytes:
            self._bytes -= self._items.popleft().size
            self.dropped += 1
            if self.lossy_since is None:
                self.lossy_since = self._emptied_at
