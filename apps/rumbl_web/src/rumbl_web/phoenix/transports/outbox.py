"""What one slow client has not taken yet."""

from __future__ import annotations

import os
from collections import deque

_CHUNKS_PER_WRITE = 64


class Outbox:
    """The unsent bytes of one connection, in order. It exists only while there are some."""

    __slots__ = ("_chunks", "size", "stalled_since")

    def __init__(self, rest: memoryview, now: int) -> None:
        self._chunks: deque[bytes | memoryview] = deque((rest,))
        self.size = len(rest)
        self.stalled_since = now

    def add(self, data: bytes) -> None:
        """Put `data` behind the rest."""
        self._chunks.append(data)
        self.size += len(data)

    def write(self, fd: int, now: int) -> bool:
        """Write what `fd` takes and return whether that was all.

        Raises OSError if the connection is broken.
        """
        while self._chunks:
            first = [self._chunks[i] for i in range(min(len(self._chunks), _CHUNKS_PER_WRITE))]
            try:
                sent = os.writev(fd, first)
            except BlockingIOError:
                return False
            self.stalled_since = now
            self._forget(sent)
        return True

    def cut(self) -> None:
        """Forget all but the chunk that is partly sent, so that a close frame can still follow it."""
        first = self._chunks.popleft()
        self._chunks.clear()
        self._chunks.append(first)
        self.size = len(first)

    def _forget(self, sent: int) -> None:
        self.size -= sent
        while sent:
            first = self._chunks[0]
            if len(first) > sent:
                self._chunks[0] = memoryview(first)[sent:]
                return
            sent -= len(first)
            self._chunks.popleft()
