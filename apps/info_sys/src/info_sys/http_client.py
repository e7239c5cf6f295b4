"""Fetches one page from a service that is not trusted: one deadline, bounded size, no redirect, no gzip.

A socket timeout only limits the wait for the next byte, so a server that drips bytes, in the head or in the
body, could hold a thread for ever. Here a timer shuts the socket down at the deadline, wherever the reading
stands."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final, Protocol, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError as PoolError

from info_sys.otp import Timer, call_after

MAX_BYTES: Final = 1_000_000
_CHUNK: Final = 65_536


class HttpFailed(Exception):
    """No usable page. The message never holds the address, which may hold a key."""


class HttpClient(Protocol):
    """What a backend needs of the web; tests bring their own."""

    def request(self, url: str, timeout_s: float) -> bytes:
        """The body of the page at `url`, within `timeout_s` seconds in total. Raises HttpFailed."""


class RequestsClient:
    """The real one, on requests. One connection per request: these are rare, and keep no state."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes

    def request(self, url: str, timeout_s: float) -> bytes:
        """The body of a page that answers 200. Raises HttpFailed."""
        guard = _Guard(timeout_s)
        try:
            with requests.Session() as session:
                session.mount("https://", _GuardedAdapter(guard))
                session.mount("http://", _GuardedAdapter(guard))
                return self._read(session, url, guard)
        except (requests.RequestException, PoolError, OSError, ValueError) as error:
            late = "deadline: " if guard.expired else ""
            raise HttpFailed(f"{late}{type(error).__name__}") from None  # its text may hold the address
        finally:
            guard.release()

    def _read(self, session: requests.Session, url: str, guard: _Guard) -> bytes:
        with session.get(
            url,
            headers={"Accept-Encoding": "identity"},
            timeout=guard.remaining_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            return self._body(response, guard)

    def _body(self, response: requests.Response, guard: _Guard) -> bytes:
        if response.status_code != requests.codes.ok:
            raise HttpFailed(f"status {response.status_code}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise HttpFailed("compressed, although that was not asked for")
        body = bytearray()
        # read1 gives what one receive brought; read would wait until the amount is full.
        while chunk := cast("bytes", response.raw.read1(_CHUNK, decode_content=False)):
            body += chunk
            if len(body) > self._max_bytes:
                raise HttpFailed(f"more than {self._max_bytes} bytes")
        if guard.expired:
            raise HttpFailed("deadline")
        return bytes(body)


class _Guard:
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
        with self._lock:
            self._sockets.append(sock)
            if self.expired:
                _shut(sock)

    def release(self) -> None:
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


class _GuardedAdapter(HTTPAdapter):
    """Makes connections that tell the guard of their socket."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests; the pool classes are urllib3's plug point."""
        super().init_poolmanager(*args, **kwargs)
        guard = self._guard

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                guard.watch(self.sock)

        class Tls(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                guard.watch(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
