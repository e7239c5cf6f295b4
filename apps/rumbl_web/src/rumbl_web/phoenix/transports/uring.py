"""io_uring, as far as the hub needs it: many sends, or many receives, for one system call.

Linux offers it since 5.1; what is used here, since 5.18. Containers often forbid it: then making a ring
raises OSError, and whoever wanted one reads and writes as before. Layouts and numbers are those of
`linux/io_uring.h` and io_uring_setup(2); they are the same on every architecture.

The kernel works a batch off inside the one call (the sockets never block, and MSG_DONTWAIT says so), so
there is no moment at which it and this thread look at the rings at the same time. Results come in any order:
kernels before 6.2 report what failed first.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from array import array
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, Final

_SETUP: Final = 425
_ENTER: Final = 426
_GET_EVENTS: Final = 1
_SUBMIT_ALL: Final = 1 << 7
_SINGLE_MMAP: Final = 1 << 0
_SQES_OFFSET: Final = 0x10000000
_OP_SEND: Final = 26
_OP_RECEIVE: Final = 27

# struct io_uring_params in words of 32 bits: where its fields and those of its two tables of offsets lie.
_PARAMS_WORDS: Final = 30
_SQ_ENTRIES, _CQ_ENTRIES, _FLAGS, _FEATURES = 0, 1, 2, 5
_SQ_TAIL, _SQ_ARRAY = 11, 16
_CQ_HEAD, _CQ_TAIL, _CQ_CQES = 20, 21, 25

# struct io_uring_sqe (16 words) and io_uring_cqe (4 words).
_SQE_WORDS, _SQE_FD, _SQE_LENGTH, _SQE_SEND_FLAGS = 16, 1, 6, 7
_SQE_QUADS, _SQE_ADDRESS, _SQE_NAME = 8, 2, 4
_CQE_WORDS, _CQE_RESULT = 4, 2
_CQE_QUADS, _CQE_NAME = 2, 0

_NOT_DONE: Final = -errno.EAGAIN

# The one lets go of the interpreter lock during the call, so that other threads work while the kernel sends;
# the other keeps it: to get it back may take longer than a short batch does (docs/adr/0003).
_letting_go = ctypes.CDLL(None, use_errno=True).syscall
_keeping = ctypes.PyDLL(None, use_errno=True).syscall
_letting_go.restype = _keeping.restype = ctypes.c_long
_letting_go.argtypes = _keeping.argtypes = [ctypes.c_long]  # and what more there is, as it comes
_LONG_BATCH: Final = 128


class _Ring:
    """One kind of operation for one thread: `entries` (a power of two) at a time, on `room` bytes.

    When the kernel refuses a batch, `failed` says why. The ring must not be used any more then; what it did
    not do of the batch has the result -EAGAIN, as if the socket had not been ready.
    """

    def __init__(self, operation: int, entries: int, room: int) -> None:
        self.failed: OSError | None = None
        params = (ctypes.c_uint32 * _PARAMS_WORDS)()
        params[_FLAGS] = _SUBMIT_ALL
        self.fd = _call(_SETUP, entries, ctypes.byref(params))
        try:
            self._map(params, operation, room)
        except BaseException:
            os.close(self.fd)
            raise

    def _map(self, params: ctypes.Array[ctypes.c_uint32], operation: int, room: int) -> None:
        if not params[_FEATURES] & _SINGLE_MMAP:
            raise OSError("this kernel's io_uring is too old")
        entries, results = params[_SQ_ENTRIES], params[_CQ_ENTRIES]
        size = max(params[_SQ_ARRAY] + 4 * entries, params[_CQ_CQES] + 4 * _CQE_WORDS * results)
        self._rings = mmap.mmap(self.fd, size, mmap.MAP_SHARED | mmap.MAP_POPULATE)
        self._sqes = mmap.mmap(
            self.fd, 4 * _SQE_WORDS * entries, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=_SQES_OFFSET
        )
        self._data = mmap.mmap(-1, room)
        self.room = room
        self._mask, self._result_mask = entries - 1, results - 1
        self._words = memoryview(self._rings).cast("I")
        completed = memoryview(self._rings)[params[_CQ_CQES] :][: 4 * _CQE_WORDS * results]
        self._results = completed.cast("i")
        self._moved = self._results[_CQE_RESULT::_CQE_WORDS]
        self._named = completed.cast("Q")[_CQE_NAME::_CQE_QUADS]
        requests, quads = memoryview(self._sqes).cast("i"), memoryview(self._sqes).cast("Q")
        self._fds, self._sizes = requests[_SQE_FD::_SQE_WORDS], requests[_SQE_LENGTH::_SQE_WORDS]
        self._addresses = quads[_SQE_ADDRESS::_SQE_QUADS]
        self._tail, self._result_head = params[_SQ_TAIL] // 4, params[_CQ_HEAD] // 4
        self._result_tail = params[_CQ_TAIL] // 4
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._data))
        # Slot i holds request i, which is named i; every one is the same operation, and never waits.
        numbers = params[_SQ_ARRAY] // 4
        self._words[numbers : numbers + entries] = array("I", range(entries))
        flags = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
        requests[_SQE_SEND_FLAGS::_SQE_WORDS] = array("i", [flags]) * entries
        requests[::_SQE_WORDS] = array("i", [operation]) * entries
        quads[_SQE_NAME::_SQE_QUADS] = array("Q", range(entries))
        # The next free slot; and all slots twice, so that a batch which goes over the end is one slice.
        self._place = 0
        self._slots = [*range(entries)] * 2

    def _run(self, fds: array[int], sizes: array[int], addresses: array[int]) -> list[int]:
        """Do the operation on each of `fds`: how many bytes were moved, or the negated errno, in order."""
        most = self._mask + 1
        if len(fds) <= most:
            return self._batch(fds, sizes, addresses)
        moved: list[int] = []
        for start in range(0, len(fds), most):
            part = slice(start, start + most)
            moved += self._batch(fds[part], sizes[part], addresses[part])
        return moved

    def _batch(self, fds: array[int], sizes: array[int], addresses: array[int]) -> list[int]:
        _put_around(self._sizes, self._place, sizes)
        _put_around(self._addresses, self._place, addresses)
        return self._batch_in_place(fds)

    def _batch_in_place(self, fds: array[int]) -> list[int]:
        """A batch whose slots have their sizes and addresses. Raises ValueError if there are not enough."""
        words, place, count = self._words, self._place, len(fds)
        if count > self._mask + 1:
            raise ValueError(f"{count} sockets, but {self._mask + 1} slots")
        if self.failed is not None:
            return [_NOT_DONE] * count
        _put_around(self._fds, place, fds)
        words[self._tail] = (words[self._tail] + count) & 0xFFFFFFFF
        self._place = (place + count) & self._mask
        try:
            self._submit(count)
        except OSError as error:
            self.failed = error.with_traceback(None)  # which would keep the ring alive
        return self._take(self._slots[place : place + count])

    def _submit(self, count: int) -> None:
        enter = _letting_go if count >= _LONG_BATCH else _keeping
        left = count
        while left > 0:
            taken = _call(_ENTER, self.fd, left, count, _GET_EVENTS, None, 0, syscall=enter)
            if not taken:
                raise OSError(errno.EIO, "io_uring took nothing of a batch")
            left -= taken

    def _take(self, names: list[int]) -> list[int]:
        """Return the results of the requests of these `names`, in their order."""
        head = self._words[self._result_head]
        there = (self._words[self._result_tail] - head) & 0xFFFFFFFF
        place = head & self._result_mask
        results = _around(self._moved, place, there)
        named = _around(self._named, place, there)
        self._words[self._result_head] = (head + there) & 0xFFFFFFFF
        if named == names:
            return results
        if there != len(names) and self.failed is None:
            self.failed = OSError(errno.EIO, "io_uring lost results")
        by_name = dict(zip(named, results, strict=True))
        return [by_name.get(name, _NOT_DONE) for name in names]

    def close(self) -> None:
        """Give the memory and the descriptor back."""
        for view in (
            self._words,
            self._results,
            self._moved,
            self._named,
            self._fds,
            self._sizes,
            self._addresses,
        ):
            view.release()
        for memory in (self._rings, self._sqes, self._data):
            with suppress(BufferError):
                memory.close()  # and with it the descriptor that the mapping has of its own
        os.close(self.fd)


class SendRing(_Ring):
    """Sends of up to `room` bytes a batch."""

    def __init__(self, entries: int = 512, room: int = 128 << 10) -> None:
        super().__init__(_OP_SEND, entries, room)

    def send(self, fds: array[int], data: bytes) -> list[int] | None:
        """Send `data` (at most `room` bytes) to each of `fds` (of type "i").

        Return how much each took, or the negated errno; None if each took all.
        """
        count = len(fds)
        self._data[: len(data)] = data
        return self._send(fds, [len(data)] * count, array("Q", [self._address]) * count)

    def send_each(self, fds: array[int], pieces: Sequence[bytes]) -> list[int] | None:
        """Send to each of `fds` its own of `pieces` (at most `room` bytes together). Answers as `send`."""
        data = b"".join(pieces)
        self._data[: len(data)] = data
        sizes = [*map(len, pieces)]
        starts = [*accumulate(sizes, initial=self._address)]
        return self._send(fds, sizes, array("Q", starts[:-1]))

    def _send(self, fds: array[int], sizes: list[int], addresses: array[int]) -> list[int] | None:
        sent = self._run(fds, array("i", sizes), addresses)
        return None if sent == sizes else sent


class ReceiveRing(_Ring):
    """Receives of up to `piece` bytes each, `entries` at most."""

    def __init__(self, entries: int = 256, piece: int = 4096) -> None:
        super().__init__(_OP_RECEIVE, entries, entries * piece)
        # Every slot has its own place for what it receives.
        starts = range(0, entries * piece, piece)
        self._sizes[:] = array("i", [piece]) * entries
        self._addresses[:] = array("Q", (self._address + start for start in starts))
        self._starts = [*starts] * 2

    def receive(self, fds: array[int]) -> list[bytes | int]:
        """Return what each of `fds` has, nothing at its end, or the negated errno."""
        data, place = self._data, self._place
        sizes = self._batch_in_place(fds)
        starts = self._starts[place : place + len(fds)]
        return [
            data[start : start + size] if size >= 0 else size
            for start, size in zip(starts, sizes, strict=True)
        ]


def _around(ring: memoryview, place: int, count: int) -> list[int]:
    """Return `count` fields from `place` on, over the end of the ring to its beginning."""
    fields: list[int] = ring[place : place + count].tolist()
    return fields + ring[: count - len(fields)].tolist() if len(fields) < count else fields


def _put_around(ring: memoryview, place: int, fields: array[int]) -> None:
    """Write `fields` from `place` on, over the end of the ring to its beginning."""
    stop, size = place + len(fields), len(ring)
    if stop <= size:
        ring[place:stop] = fields
    else:
        ring[place:], ring[: stop - size] = fields[: size - place], fields[size - place :]


def _call(number: int, *arguments: object, syscall: Any = _keeping) -> int:
    result: int = syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
