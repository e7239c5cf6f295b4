"""Bytes to many sockets and from many, in the quickest way that this machine has."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from typing import Final, TypeVar

from rumbl_web.phoenix.transports import syscalls
from rumbl_web.phoenix.transports.uring import ReceiveRing, SendRing

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_FEW: Final = 16
"""Below so many sockets, a batch costs more than it saves."""


class Burst:
    """Writes and reads for one thread: with `batches` by io_uring where it may be had, else one by one."""

    def __init__(self, *, batches: bool = True) -> None:
        self._batches = batches
        self._ring: SendRing | None = None
        self._receiving: ReceiveRing | None = None
        self._reader = syscalls.Reader()

    def write(self, fds: array[int], data: bytes) -> list[int] | None:
        """Write `data` to each of `fds` (non-blocking, of type "i") without waiting.

        Return how many bytes each took, below 0 for an error (`os.write` names it on a retry); None if each
        took all.
        """
        ring = self._ring_for(len(fds), len(data))
        if ring is not None:
            return self._unless_failed(ring, ring.send(fds, data))
        size = len(data)
        write = syscalls.writer(len(fds))
        sent = [write(fd, data, size) for fd in fds]
        return None if sent.count(size) == len(sent) else sent

    def write_each(self, fds: array[int], pieces: Sequence[bytes]) -> list[int] | None:
        """Write to each of `fds` its own of `pieces`. Answers as `write`."""
        ring = self._ring_for(len(fds), sum(map(len, pieces)))
        if ring is not None:
            return self._unless_failed(ring, ring.send_each(fds, pieces))
        sent = [syscalls.write(fd, piece, len(piece)) for fd, piece in zip(fds, pieces, strict=True)]
        return None if sent == list(map(len, pieces)) else sent

    def read_each(self, fds: array[int]) -> list[bytes | int]:
        """Read from each of `fds` (256 at most): what there is, nothing at its end, or the negated errno.

        What is left behind for want of room is there the next time.
        """
        ring = self._receiving if self._ring_for(len(fds), 0) is not None else None
        if ring is not None:
            return self._unless_failed(ring, ring.receive(fds))
        return [self._reader.read(fd) for fd in fds]

    def close(self) -> None:
        """Give the rings back; a later write opens new ones."""
        for ring in (self._ring, self._receiving):
            if ring is not None:
                ring.close()
        self._ring = self._receiving = None

    def _ring_for(self, count: int, size: int) -> SendRing | None:
        if not self._batches or count < _FEW:
            return None
        ring = self._ring or self._open()
        return None if ring is None or size > ring.room else ring

    def _open(self) -> SendRing | None:
        """On the thread that writes, and in the process that does: a ring survives no fork."""
        try:
            self._ring = SendRing()
            self._receiving = ReceiveRing()
        except OSError as error:
            self._give_up()
            log.info("sockets are written one by one: no io_uring here (%s)", error)
        return self._ring

    def _unless_failed(self, ring: SendRing | ReceiveRing, answer: Answer) -> Answer:
        """Return `answer`, which holds in any case; but a ring that failed was used for the last time."""
        if ring.failed is not None:
            self._give_up()
            log.warning("sockets are written one by one from now on: io_uring failed (%s)", ring.failed)
        return answer

    def _give_up(self) -> None:
        self.close()
        self._batches = False
