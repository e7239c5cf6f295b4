"""Bytes to many sockets, in the quickest way that this machine has."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from typing import Final

from rumbl_web.phoenix.transports import syscalls
from rumbl_web.phoenix.transports.uring import Ring

log = logging.getLogger(__name__)

_FEW: Final = 8
"""Below so many sockets, a batch costs more than it saves."""


class Burst:
    """Writes for one thread. With `batches`, by io_uring where the kernel lets us, else socket by socket."""

    def __init__(self, *, batches: bool = True) -> None:
        self._batches = batches
        self._ring: Ring | None = None

    def write(self, fds: array[int], data: bytes) -> list[int] | None:
        """Write `data` to each of `fds` (non-blocking, of type "i") without waiting.

        Return how many bytes each took, below 0 for an error (`os.write` names it on a retry); None if each
        took all.
        """
        ring = self._ring_for(len(fds), len(data))
        if ring is not None:
            return ring.send(fds, data)
        size = len(data)
        write = syscalls.writer(len(fds))
        sent = [write(fd, data, size) for fd in fds]
        return None if sent.count(size) == len(sent) else sent

    def write_each(self, fds: array[int], pieces: Sequence[bytes]) -> list[int] | None:
        """Write to each of `fds` its own of `pieces`. Answers as `write`."""
        ring = self._ring_for(len(fds), sum(map(len, pieces)))
        if ring is not None:
            return ring.send_each(fds, pieces)
        sent = [syscalls.write(fd, piece, len(piece)) for fd, piece in zip(fds, pieces, strict=True)]
        return None if sent == list(map(len, pieces)) else sent

    def close(self) -> None:
        """Give the ring back; a later write opens another one."""
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.close()

    def _ring_for(self, count: int, size: int) -> Ring | None:
        if not self._batches or count < _FEW:
            return None
        ring = self._ring or self._open()
        return None if ring is None or size > ring.room else ring

    def _open(self) -> Ring | None:
        """On the thread that writes, and in the process that does: a ring survives no fork."""
        try:
            self._ring = Ring()
        except OSError as error:
            self._batches = False
            log.info("broadcasts are written socket by socket: no io_uring here (%s)", error)
        return self._ring
