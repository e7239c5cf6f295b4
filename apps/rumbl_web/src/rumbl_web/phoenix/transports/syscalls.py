"""read(2) and write(2) for sockets that never block, without letting go of the interpreter lock.

`os.write` lets go of it at every call. A request thread that is busy at that moment takes the lock and keeps
it for a whole switch interval: measured on two cores beside one busy thread, a fan-out to 1,000 took 2,150 ms
with `os.write` (320 ms at a switch interval of 1 ms) and 15 ms with this. When nobody wants the lock,
`os.write` is the faster one by a tenth, so `writer` chooses for each slice of a fan-out. The hub gives others
their turn once per epoll call, once per slice, and whenever the interpreter asks.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import time
from collections.abc import Callable
from typing import Final

Write = Callable[[int, bytes, int], int]

_READ_BYTES: Final = 65536
_FEW: Final = 32
_LONG_NS: Final = 100_000
_nothing = select.poll()
_libc = ctypes.PyDLL(None)

write: Write = _libc.write
"""Write `size` bytes; the number written is returned, -1 for an error (which `os.write` names on a retry)."""

_libc.write.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_libc.write.restype = ctypes.c_ssize_t
_libc.read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_libc.read.restype = ctypes.c_ssize_t


class Reader:
    """Reads into one buffer of its own; for one thread."""

    __slots__ = ("_address", "_buffer", "_view")

    def __init__(self) -> None:
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._address = ctypes.addressof((ctypes.c_char * _READ_BYTES).from_buffer(self._buffer))

    def read(self, fd: int) -> bytes | int:
        """Return what there is, at most 64 KiB; nothing means the end. An error is its negated errno."""
        size = _libc.read(fd, self._address, _READ_BYTES)
        if size >= 0:
            return self._view[:size].tobytes()
        try:
            return os.read(fd, _READ_BYTES)
        except OSError as error:
            return -(error.errno or errno.EIO)


def writer(calls: int) -> Write:
    """Return the better way to write `calls` times: `write`, or the same with the lock let go."""
    return write if calls < _FEW or _lock_is_wanted() else _write_letting_go


def _lock_is_wanted() -> bool:
    """Let go of the lock once and see how long it stays away."""
    before = time.perf_counter_ns()
    _nothing.poll(0)
    return time.perf_counter_ns() - before > _LONG_NS


def _write_letting_go(fd: int, data: bytes, _size: int) -> int:
    try:
        return os.write(fd, data)
    except OSError:
        return -1
