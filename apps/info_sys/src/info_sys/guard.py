"""One deadline over a whole HTTP request.

A socket timeout only limits the wait for the next byte, so a server that drips bytes, in the head or in the
body, could hold a thread for ever. Here a timer shuts the sockets down at the deadline, wherever the reading
stands.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from info_sys import addresses
from info_sys.addresses import Allowed
from info_sys.otp import Timer, call_after


class Guard:
    """Shuts the sockets of one request down at its deadline."""

    def __init__(self, timeout_s: float) -> None:
        self._deadline = time.monotonic() + timeout_s
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer: Timer = call_after(self._expire, timeout_s * 1000)
        self.expired = False

    @property
    def remaining_s(self) -> float:
        """Seconds left, and never 0, which a socket would take for "do not wait"."""
        return max(self._deadline - time.monotonic(), 0.001)

    def watch(self, sock: socket.socket) -> None:
        """Guard this socket too."""
        with self._lock:
            self._sockets.append(sock)
            if self.expired:
                _shut(sock)

    def release(self) -> None:
        """The request is over."""
        self._timer.cancel()
        with self._lock:
            self._sockets.clear()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for sock in self._sockets:
                _shut(sock)


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):  # closed already
        # An SSLSocket's own shutdown is not made for another thread's use.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class GuardedAdapter(HTTPAdapter):
    """Makes connections to allowed addresses only, and tells the guard of their sockets."""

    def __init__(self, guard: Guard, allowed: Allowed) -> None:
        self._guard = guard
        self._allowed = allowed
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests; the pool classes are urllib3's plug point."""
        super().init_poolmanager(*args, **kwargs)
        guard, allowed = self._guard, self._allowed

        def open_socket(host: str, port: int) -> socket.socket:
            sock = addresses.connect(host, port, guard.remaining_s, allowed)
            guard.watch(sock)
            return sock

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return open_socket(self.host, self.port or self.default_port)

        class Tls(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return open_socket(self.host, self.port or self.default_port)

            def connect(self) -> None:
                super().connect()
                guard.watch(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
