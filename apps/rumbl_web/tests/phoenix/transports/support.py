"""The other end of a connection: a client that can do everything wrong, and handlers that remember."""

from __future__ import annotations

import queue
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rumbl_web.phoenix.transport import Connection, Opcode
from rumbl_web.phoenix.transports import frames
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import Limits

DEADLINE_S = 5.0
KEY = b"\x37\xfa\x21\x3d"
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


def eventually(probe: Callable[[], object], what: str = "", pause_s: float = 0.002) -> None:
    """Wait until `probe` is true, by polling."""
    deadline = time.monotonic() + DEADLINE_S
    while not probe():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what or probe}"
        time.sleep(pause_s)


def client_frame(opcode: int, payload: bytes = b"", *, final: bool = True, key: bytes = KEY) -> bytes:
    """A masked frame, as a client sends it."""
    size = len(payload)
    first = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        head = first + bytes([0x80 | size])
    elif size < 65536:
        head = first + b"\xfe" + size.to_bytes(2, "big")
    else:
        head = first + b"\xff" + size.to_bytes(8, "big")
    return head + key + masked(payload, key)


def masked(payload: bytes, key: bytes) -> bytes:
    """All bytes at once, as one big number."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


@dataclass
class Recorder:
    """A `SocketHandler` that keeps what it is told and answers if it is asked to."""

    answer: Callable[[Recorder, bytes], None] = lambda _self, _data: None
    texts: list[bytes] = field(default_factory=list)
    binaries: list[bytes] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    opening: queue.SimpleQueue[Connection] = field(default_factory=queue.SimpleQueue)
    connection: Connection | None = None

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        self.opening.put(connection)

    def handle_text(self, data: bytes) -> None:
        self.texts.append(data)
        self.answer(self, data)

    def handle_binary(self, data: bytes) -> None:
        self.binaries.append(data)

    def closed(self, code: int) -> None:
        self.codes.append(code)


def echo(recorder: Recorder, data: bytes) -> None:
    """Answer with the same text."""
    assert recorder.connection is not None
    recorder.connection.send(Opcode.TEXT, data)


class Client:
    """A raw WebSocket client on a connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        self.sock = sock
        self._buffer = bytearray()

    def send(self, *parts: bytes) -> None:
        self.sock.sendall(b"".join(parts))

    def text(self, payload: bytes | str) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        self.send(client_frame(frames.TEXT, data))

    def receive(self) -> tuple[int, bytes]:
        """The next frame."""
        first, second = self.take(2)
        assert not second & 0x80, "a server must not mask"
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
        return first & 0x0F, self.take(size)

    def receive_text(self) -> bytes:
        opcode, payload = self.receive()
        assert opcode == frames.TEXT, (opcode, payload)
        return payload

    def receive_close(self) -> int | None:
        """The code of the next frame, which must be a close."""
        opcode, payload = self.receive()
        assert opcode == frames.CLOSE, (opcode, payload)
        return struct.unpack(">H", payload[:2])[0] if payload else None

    def receive_until_close(self) -> tuple[list[bytes], int | None]:
        """The texts before a close, and its code."""
        texts = []
        while True:
            opcode, payload = self.receive()
            if opcode == frames.CLOSE:
                return texts, struct.unpack(">H", payload[:2])[0] if payload else None
            texts.append(payload)

    def receive_end(self) -> None:
        """Nothing but the end of the connection comes."""
        try:
            rest = self._buffer + self.sock.recv(65536)
        except ConnectionResetError:
            rest = self._buffer
        assert rest == b""

    def receive_head(self) -> bytes:
        """An HTTP head, up to and with the empty line."""
        while b"\r\n\r\n" not in self._buffer:
            piece = self.sock.recv(65536)
            assert piece, f"the connection ended within {self._buffer!r}"
            self._buffer += piece
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return bytes(head) + b"\r\n\r\n"

    def receive_rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while piece := self.sock.recv(65536):
            self._buffer += piece
        return bytes(self._buffer)

    def reset(self) -> None:
        """Break the connection off."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    def take(self, size: int) -> bytes:
        """So many bytes, whatever they are."""
        while len(self._buffer) < size:
            piece = self.sock.recv(65536)
            assert piece, f"the connection ended within a frame: {self._buffer!r}"
            self._buffer += piece
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


class Loopback:
    """Connects clients with a hub over real TCP on the loopback."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: list[Client] = []

    def connect(
        self,
        handler: Recorder | None = None,
        *,
        receive_buffer: int = 0,
        early: bytes = b"",
        limits: Limits | None = None,
    ) -> tuple[Client, Recorder]:
        """A client whose connection is open, and its handler."""
        recorder = handler or Recorder()
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(self._listener.getsockname())
        accepted, _ = self._listener.accept()
        self.hub.adopt(accepted, recorder, early=early, limits=limits)
        return self._opened(sock, recorder)

    def adopt(self, ours: socket.socket, theirs: socket.socket) -> tuple[Client, Recorder]:
        """The same over a pair of sockets of the test's own."""
        recorder = Recorder()
        self.hub.adopt(ours, recorder)
        return self._opened(theirs, recorder)

    def _opened(self, sock: socket.socket, recorder: Recorder) -> tuple[Client, Recorder]:
        client = Client(sock)
        self._clients.append(client)
        recorder.opening.get(timeout=DEADLINE_S)
        return client, recorder

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._listener.close()


def opened(recorder: Recorder) -> Connection:
    """The connection of a handler that was opened."""
    assert recorder.connection is not None
    return recorder.connection
