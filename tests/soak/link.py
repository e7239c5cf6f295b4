"""One WebSocket on the loop: what it hears, and its end."""

from __future__ import annotations

import errno
import socket
from typing import Protocol

from tests.soak.loop import IN, OUT, Loop

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_READ_BYTES = 1 << 16
_HELLO = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_NO_MASK = bytes(4)  # a mask of zeros is one, and costs nothing


class Owner(Protocol):
    """Who has a link is told of it."""

    def opened(self) -> None:
        """The server has agreed."""

    def heard(self, data: bytes) -> None:
        """A text came."""

    def gone(self, code: int | None) -> None:
        """It has ended: with this code, with the HTTP status of a refusal, or without a word."""


class Link:
    """Connects at once. After `gone`, or `close`, nothing is heard of it any more."""

    def __init__(self, loop: Loop, port: int, path: str, owner: Owner) -> None:
        self._loop = loop
        self._owner = owner
        self._opened = False
        self._ended = False
        self._came = b""
        self._unsent = _HELLO.format(path=path, port=port).encode()
        self._sock = socket.socket()
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.watch(self._sock.fileno(), IN | OUT, self._ready)
        if self._sock.connect_ex(("127.0.0.1", port)) not in {0, errno.EINPROGRESS}:
            loop.later(0, lambda: self._end(None))

    def send(self, data: bytes, opcode: int = TEXT) -> None:
        """Send a frame; what the kernel does not take now goes later."""
        if self._ended:
            return
        size = len(data)
        head = bytes([0x80 | opcode, 0x80 | (size if size < 126 else 126)])
        long = size.to_bytes(2, "big") if size >= 126 else b""
        waiting = bool(self._unsent)
        self._unsent += head + long + _NO_MASK + data
        if not waiting:
            self._write()

    def close(self) -> None:
        """Be gone, without a word to the owner."""
        if not self._ended:
            self._ended = True
            self._loop.forget(self._sock.fileno())
            self._sock.close()

    def _end(self, code: int | None) -> None:
        if not self._ended:
            self.close()
            self._owner.gone(code)

    def _ready(self, events: int) -> None:
        if events & OUT:
            self._write()
        if events & ~OUT and not self._ended:
            self._read()

    def _write(self) -> None:
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(None)
            return
        self._unsent = self._unsent[sent:]
        self._loop.change(self._sock.fileno(), IN | OUT if self._unsent else IN)

    def _read(self) -> None:
        try:
            data = self._sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(None)
            return
        self._came += data
        if self._opened or self._greeted():
            self._take_frames()

    def _greeted(self) -> bool:
        head, end, rest = self._came.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self._end(int(head[9:12]))
            return False
        self._opened, self._came = True, rest
        self._owner.opened()
        return True

    def _take_frames(self) -> None:
        at, came = 0, self._came
        while not self._ended and (place := _frame(came, at)) is not None:
            start, end = place
            self._frame(came[at] & 0x0F, came[start:end])
            at = end
        self._came = came[at:]

    def _frame(self, opcode: int, data: bytes) -> None:
        if opcode == TEXT:
            self._owner.heard(data)
        elif opcode == CLOSE:
            self.send(data, CLOSE)
            self._end(int.from_bytes(data[:2], "big") if data else None)
        elif opcode == PING:
            self.send(data, PONG)


def _frame(came: bytes, at: int) -> tuple[int, int] | None:
    """Where the data of the frame at `at` begins and ends; None if not all of it is there."""
    if len(came) < at + 2:
        return None
    size, start = came[at + 1] & 0x7F, at + 2
    if size > 125:
        long = 2 if size == 126 else 8
        if len(came) < start + long:
            return None
        size, start = int.from_bytes(came[start : start + long], "big"), start + long
    return (start, start + size) if len(came) >= start + size else None
