"""What tests of the information system need: answers without a network, and every kind of fault.

`FakeHttpClient` stands in for the web, as the book's HTTPClient stub does. `FaultServer` is a real server
on the loopback whose pages go wrong in every way that a service can."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from email.utils import formatdate
from importlib import resources
from typing import Final, Self

from info_sys.addresses import anything
from info_sys.http_client import Request, RequestsClient
from info_sys.reply import Reply

_pause = threading.Event()

NO_ANSWER: Final = b"<queryresult></queryresult>"


def eventually(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Ask until `condition()` is true. Raises AssertionError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s")
        _pause.wait(0.002)


def wolfram_xml() -> bytes:
    """An answer in the form of Wolfram's, to the question "1 + 1"."""
    return (resources.files("info_sys") / "fixtures" / "wolfram.xml").read_bytes()


class FakeHttpClient:
    """Answers by what the address contains. Unless told otherwise, only "1 + 1" has an answer."""

    def __init__(self, pages: Mapping[str, bytes] | None = None) -> None:
        self._pages = {"1+%2B+1": wolfram_xml()} if pages is None else pages
        self.requests: list[str] = []

    def fetch(self, request: Request, hosts: Collection[str], timeout_s: float) -> Reply:
        """The page whose key is part of the address."""
        self.requests.append(request.address)
        page = next((page for part, page in self._pages.items() if part in request.address), NO_ANSWER)
        return Reply(page, request.accept)


def _page(body: bytes, status: str = "200 OK", content_type: str = "text/xml", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


_ENTITIES: Final = b"".join(
    b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"ha" * 10) for n in range(10)
)
_PAGES: Final = {
    "empty": _page(NO_ANSWER),
    "not-found": _page(b"", "404 Not Found"),
    "too-many": _page(b"", "429 Too Many Requests", extra="Retry-After: 7\r\n"),
    "error": _page(b"<h1>sorry</h1>", "500 Internal Server Error", "text/html"),
    "html": _page(b"<html><body>not what you asked for", content_type="text/html"),
    "broken": _page(b"<queryresult><pod title='Result'><subpod>"),
    "bomb": _page(b"<!DOCTYPE b [" + _ENTITIES + b"]><queryresult>&e9;</queryresult>"),
    "external": _page(
        b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        b"<queryresult><pod title='Result'><subpod><plaintext>&x;</plaintext></subpod></pod></queryresult>"
    ),
    "gzip": _page(b"\x1f\x8b" + bytes(1000), extra="Content-Encoding: gzip\r\n"),
    "cut": _page(b"x" * 1000)[:-900],
}


def loopback_client(max_bytes: int = 1_000_000) -> RequestsClient:
    """The real client, which may reach servers on this machine too."""
    return RequestsClient(max_bytes, anything)


class FaultServer:
    """A server on 127.0.0.1: the path of an address names the fault.

    ok, empty, error, html, broken, bomb, external, gzip, cut, reset, not-found, too-many: whole pages of that
    kind. redirect: to `/ok`; redirect-away: to another host; redirect-for-ever: to itself. huge: bytes
    without end. hang: nothing, ever. drip, drip-head: a byte now and then, in the body or in the head. slow:
    an answer after `slow_s` seconds. truncated: half a page that calls itself whole; deep: brackets without
    end. `body` is the page that is right. `requests` are the request lines, `heads` the whole heads.
    """

    def __init__(
        self, slow_s: float = 0.2, body: bytes | None = None, content_type: str = "text/xml"
    ) -> None:
        self._slow_s = slow_s
        self._body = wolfram_xml() if body is None else body
        self._type = content_type
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.requests: list[str] = []
        self.heads: list[str] = []
        threading.Thread(target=self._accept, name="fault-server", daemon=True).start()

    def url(self, fault: str) -> str:
        """The address of a fault."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/{fault}"

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def close(self) -> None:
        """Stop, and let go of everybody who waits."""
        self._closing.set()
        self._listener.close()
        for connection in list(self._open):
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            head = connection.recv(65_536).decode()
            line = head.split("\r\n", 1)[0]
            self.heads.append(head)
            self.requests.append(line)
            self._answer(connection, re.split(r"[/?]", line.split(" ")[1].lstrip("/"))[0])
        except OSError:
            pass  # the other side has had enough
        finally:
            self._open.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, fault: str) -> None:
        page = _page(self._body, content_type=self._type)
        match fault:
            case "slow":
                self._closing.wait(self._slow_s)
                connection.sendall(page)
            case "hang":
                self._closing.wait()
            case "reset":
                pass
            case "drip":
                head, _, body = page.partition(b"\r\n\r\n")
                connection.sendall(head + b"\r\n\r\n")
                self._drip(connection, body)
            case "drip-head":
                self._drip(connection, page)
            case "huge":
                connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {self._type}\r\n\r\n".encode())
                while not self._closing.is_set():
                    connection.sendall(b"<pod/>" * 10_000)
            case _:
                connection.sendall(_PAGES.get(fault) or self._made(fault) or page)

    def _made(self, fault: str) -> bytes | None:
        """A whole page that depends on the server or on the time."""
        match fault:
            case "truncated":
                return _page(self._body[: len(self._body) // 2], content_type=self._type)
            case "deep":
                return _page(b"[" * 100_000 + b"<a>" * 100_000, content_type=self._type)
            case "redirect" | "redirect-for-ever" | "redirect-away":
                known = {"redirect": self.url("ok"), "redirect-away": "http://localhost/"}
                return _page(b"", "302 Found", extra=f"Location: {known.get(fault, self.url(fault))}\r\n")
            case "too-many-until":
                again = formatdate(time.time() + 60, usegmt=True)
                return _page(b"", "429 Too Many Requests", extra=f"Retry-After: {again}\r\n")
        return None

    def _drip(self, connection: socket.socket, data: bytes) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            if self._closing.wait(0.02):
                return
