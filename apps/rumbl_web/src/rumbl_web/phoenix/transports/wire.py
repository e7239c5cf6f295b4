"""The hub's descriptors: what is written to them, what waits, and their end.

Frames for one connection are collected while the hub handles a batch of events and calls, and written
together by `flush`. A connection that does not take all of it gets an outbox and an epoll interest in
writing.
"""

from __future__ import annotations

import os
import select
import socket
from array import array
from contextlib import suppress
from typing import Final

from rumbl_web.phoenix.transports import syscalls
from rumbl_web.phoenix.transports.burst import Burst
from rumbl_web.phoenix.transports.connection import FINISHING, LINGERING, HubConnection
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.outbox import Outbox

BROKEN: Final = 1006
TOO_SLOW: Final = 1013

_TCP_NOTSENT_LOWAT = 25  # not in the socket module; linux/tcp.h
_RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"


class Wire:
    """Descriptors, outboxes and counters of all connections. No thread but the hub's.

    `broken` collects connections that can't go on, with the reason (BROKEN or TOO_SLOW), for the hub to end
    between its steps: ending one calls its handler, which may send and publish again.
    """

    def __init__(self, options: HubOptions) -> None:
        self._options = options
        self.burst = Burst(batches=options.batches)
        self.epoll = select.epoll()
        self.table: list[HubConnection | None] = []
        self.broken: list[tuple[HubConnection, int]] = []
        self.blocked: set[HubConnection] = set()
        self.now = 0
        self.connections = 0
        self.frames_out = 0
        self.bytes_out = 0
        self._pending: dict[HubConnection, list[bytes]] = {}

    def add(self, connection: HubConnection) -> None:
        """Own the descriptor of `connection` from now on. Raises OSError, with nothing changed."""
        fd = connection.fd
        self.epoll.register(fd, select.EPOLLIN)
        if fd >= len(self.table):
            self.table.extend([None] * (fd + 64 - len(self.table)))
        self.table[fd] = connection
        self.connections += 1

    @property
    def has_pending(self) -> bool:
        """Frames were put since the last flush."""
        return bool(self._pending)

    def connected(self) -> list[HubConnection]:
        """Return all connections, in any phase."""
        return [connection for connection in self.table if connection is not None]

    def outbox_bytes(self) -> int:
        """Count the bytes that slow readers have not taken yet. On any thread."""
        outboxes = [connection.outbox for connection in list(self.blocked)]
        return sum(outbox.size for outbox in outboxes if outbox is not None)

    def put(self, connection: HubConnection, frame: bytes) -> None:
        """Write `frame` with the next `flush`, behind all that was put before."""
        waiting = self._pending.get(connection)
        if waiting is None:
            self._pending[connection] = [frame]
        else:
            waiting.append(frame)

    def flush(self) -> None:
        """Write what was put: one write per connection, and those to plain connections in one batch."""
        pending, self._pending = self._pending, {}
        plain: list[HubConnection] = []
        pieces: list[bytes] = []
        for connection, frames in pending.items():
            if connection.fd < 0:
                continue
            self.frames_out += len(frames)
            data = frames[0] if len(frames) == 1 else b"".join(frames)
            if connection.outbox is None and connection.phase < LINGERING:
                plain.append(connection)
                pieces.append(data)
            else:
                self.write(connection, data)
        if plain:
            self._write_each(plain, pieces)

    def _write_each(self, connections: list[HubConnection], pieces: list[bytes]) -> None:
        fds = array("i", [connection.fd for connection in connections])
        self.bytes_out += sum(map(len, pieces))
        took = self.burst.write_each(fds, pieces)
        for connection, data, size in zip(connections, pieces, took or (), strict=False):
            if size != len(data):
                self.written_short(connection, data, size)

    def write(self, connection: HubConnection, data: bytes) -> None:
        """Write `data` now, behind what waits in the outbox."""
        self.bytes_out += len(data)
        if connection.outbox is not None:
            connection.outbox.add(data)
            self._check_size(connection)
            return
        sent = syscalls.write(connection.fd, data, len(data))
        if sent != len(data):
            self.written_short(connection, data, sent)
        if connection.phase >= LINGERING and connection.outbox is None:
            self._flushed(connection)

    def written_short(self, connection: HubConnection, data: bytes, sent: int) -> None:
        """Keep what `syscalls.write` did not take of `data` in an outbox, or call the connection broken."""
        if sent < 0:
            try:
                sent = os.write(connection.fd, data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.broken.append((connection, BROKEN))
                return
        if sent == len(data):
            return
        connection.outbox = Outbox(memoryview(data)[sent:], self.now)
        _aim(connection)
        self.blocked.add(connection)
        self.epoll.modify(connection.fd, select.EPOLLIN | select.EPOLLOUT)
        self._check_size(connection)

    def writable(self, connection: HubConnection) -> None:
        """The kernel takes bytes again."""
        outbox = connection.outbox
        if outbox is None:
            return
        try:
            done = outbox.write(connection.fd, self.now)
        except OSError:
            self.broken.append((connection, BROKEN))
            return
        if done:
            connection.outbox = None
            _aim(connection)
            self.blocked.discard(connection)
            self.epoll.modify(connection.fd, select.EPOLLIN)
            if connection.phase >= LINGERING and connection not in self._pending:
                self._flushed(connection)

    def discard_waiting(self, connection: HubConnection) -> None:
        """Forget what waits for `connection`, but for a frame that is partly sent."""
        self._pending.pop(connection, None)
        if connection.outbox is not None:
            connection.outbox.cut()

    def drop(self, connection: HubConnection, *, reset: bool = False) -> None:
        """Close the descriptor; `reset` lets the kernel forget what it still wanted to send."""
        fd = connection.fd
        if fd < 0:
            return
        connection.fd = -1
        connection.outbox = None
        connection.decoder = None
        self.table[fd] = None
        self.connections -= 1
        self.blocked.discard(connection)
        self._pending.pop(connection, None)
        with suppress(OSError):
            self.epoll.unregister(fd)
        if reset:
            _set_linger(fd)
        os.close(fd)

    def _check_size(self, connection: HubConnection) -> None:
        if connection.outbox is not None and connection.outbox.size > self._options.outbox_bytes:
            self.broken.append((connection, TOO_SLOW))

    def _flushed(self, connection: HubConnection) -> None:
        """The close frame is out. Half-closing tells a client that broke a rule that no more will come."""
        if connection.phase == FINISHING:
            self.drop(connection)
        else:
            _shut_down_writing(connection.fd)


def tune(sock: socket.socket, unsent_bytes: int) -> None:
    """Make a socket fit for the hub: it never blocks, sends at once and keeps little unsent in the kernel."""
    sock.setblocking(False)
    if sock.family != socket.AF_UNIX:
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, unsent_bytes)


def _aim(connection: HubConnection) -> None:
    """Its outbox came or went: fan-outs must go by it, or need not any more."""
    for subscription in connection.subscriptions:
        subscription.aim()


def _set_linger(fd: int) -> None:
    borrowed = socket.socket(fileno=fd)
    with suppress(OSError):
        borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    borrowed.detach()


def _shut_down_writing(fd: int) -> None:
    borrowed = socket.socket(fileno=fd)
    with suppress(OSError):
        borrowed.shutdown(socket.SHUT_WR)
    borrowed.detach()
