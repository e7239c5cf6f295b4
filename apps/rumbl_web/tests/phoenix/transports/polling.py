"""A long-poll client on raw sockets: it can do everything wrong, too."""

from __future__ import annotations

import json
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .support import DEADLINE_S

PATH = "/socket/longpoll"
BRIEF = "/brief/longpoll"
"""Where polls do not wait for long."""
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Request:
    """One request under way, on a connection of its own."""

    def __init__(self, port: int, head: str, body: bytes = b"", receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(("127.0.0.1", port))
        self.sock.sendall(head.encode() + body)

    def answer(self) -> Answer:
        """Wait for the whole answer."""
        return read_answer(self.sock)

    def reset(self) -> None:
        """Break the connection off."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class PollClient:
    """One session. `token` is None before it has begun."""

    def __init__(self, port: int, path: str = PATH, **params: str) -> None:
        self.port = port
        self.path = path
        self.params = {"vsn": "2.0.0", **params}
        self.token: str | None = None

    def start(
        self, method: str = "GET", body: bytes = b"", *, version: str = "1.1", **headers: str
    ) -> Request:
        """Send a request and do not wait for its answer."""
        query = list(self.params.items()) + [("token", token) for token in (self.token,) if token]
        lines = [f"{method} {self.path}?{urlencode(query)} HTTP/{version}", f"Host: 127.0.0.1:{self.port}"]
        if body or (method == "POST" and "Transfer_Encoding" not in headers):
            headers["Content_Length"] = str(len(body))
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return Request(self.port, "\r\n".join([*lines, "", ""]), body)

    def ask(self, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Send a request and wait for its answer."""
        return self.start(method, body, **headers).answer()

    def begin(self, **headers: str) -> PollClient:
        """Begin a session."""
        answer = self.ask(**headers).json
        assert answer["status"] == 410, answer
        self.token = answer["token"]
        return self

    def post(self, *lines: str, kind: str = NDJSON) -> dict[str, Any]:
        """Post these lines."""
        found: dict[str, Any] = self.ask("POST", "\n".join(lines).encode(), Content_Type=kind).json
        return found

    def poll(self) -> dict[str, Any]:
        """Poll once."""
        found: dict[str, Any] = self.ask().json
        return found

    def messages(self, number: int) -> list[str]:
        """Poll until there were that many messages."""
        found: list[str] = []
        deadline = time.monotonic() + 2 * DEADLINE_S
        while len(found) < number:
            assert time.monotonic() < deadline, found
            answer = self.poll()
            assert answer["status"] in (200, 204), (answer, found)
            found += answer["messages"]
        return found


def read_answer(sock: socket.socket, piece: int = 65536) -> Answer:
    """Read the whole answer, `piece` bytes at a time, and close."""
    data = bytearray()
    with sock:
        while not _is_whole(data):
            read = sock.recv(piece)
            assert read, f"the connection ended within {data!r}"
            data += read
    head, _, body = bytes(data).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Answer(int(first.split(" ")[1]), headers, body)


def _is_whole(data: bytearray) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    lengths = [line for line in data[:end].lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(data) - end - 4 >= int(lengths[0].split(b":")[1])
