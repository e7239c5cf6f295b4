"""Clients on raw sockets that send half of what they should, for the tests of gunicorn's worker."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack

DEADLINE_S = 5.0
HALF = b"GET / HTTP/1.1\r\nHost: x\r\n"
GET = HALF + b"\r\n"


class Server:
    """A running gunicorn."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._clients = ExitStack()

    def send(self, *parts: bytes) -> socket.socket:
        """A client that has sent these parts."""
        client = socket.create_connection(("127.0.0.1", self._port), timeout=DEADLINE_S)
        self._clients.enter_context(client)
        for part in parts:
            client.sendall(part)
        return client

    def page(self) -> str:
        """The page that says the worker's process id."""
        status, body = answer(self.send(GET))
        assert status == 200
        return body

    def forget_clients(self) -> None:
        self._clients.close()


def answer(client: socket.socket) -> tuple[int, str]:
    """The status and the body of the next answer, which has a Content-Length."""
    with client.makefile("rb", buffering=0) as stream:
        line = stream.readline()
        assert line, "the connection ended"
        status = int(line.split()[1])
        size = 0
        while (line := stream.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                size = int(line.split()[1])
        body = b""
        while len(body) < size:
            body += stream.read(size - len(body)) or b"?"
    return status, body.decode()


def answered(clients: list[socket.socket], within_s: float = 0.0) -> list[socket.socket]:
    """Those that an answer, or the end, has come for; waits for the first."""
    return select.select(clients, [], [], within_s)[0]


def rest(client: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data
