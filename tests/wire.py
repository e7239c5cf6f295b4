"""Many viewers in one thread: raw WebSockets on asyncio, as light as a few hundred in a test have to be."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from typing import Any
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_HELLO = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Lost(Exception):
    """The connection went; `code` is what the server's close said, None when it said nothing."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Reset a connection and wait until it is gone."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Wire:
    """One connection that speaks the channel protocol (V2 JSON)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._refs = itertools.count(1)

    @staticmethod
    async def connect(url: str, token: str) -> Wire:
        """Connect to the socket of the site at `url`. Raises Lost when it refuses, OSError if it is away."""
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        path = f"/socket/websocket?token={token}&vsn=2.0.0"
        writer.write(_HELLO.format(path=path, host=where.netloc).encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            await hang_up(writer)
            raise Lost from None
        if not head.startswith(b"HTTP/1.1 101"):
            await hang_up(writer)
            raise Lost(int(head[9:12]))
        return Wire(reader, writer)

    def push(self, topic: str, event: str, payload: dict[str, Any], join_ref: str | None = None) -> str:
        """Send a message; a join's `join_ref` is its own ref, which is given back."""
        ref = str(next(self._refs))
        message = [ref if event == "phx_join" else join_ref, ref, topic, event, payload]
        self._send(TEXT, json.dumps(message).encode())
        return ref

    async def receive(self) -> list[Any]:
        """The next message. Raises Lost."""
        while True:
            opcode, data = await self._frame()
            if opcode == TEXT:
                return list(json.loads(data))
            if opcode == CLOSE:
                raise Lost(int.from_bytes(data[:2], "big") if data else None)
            if opcode == PING:
                self._send(PONG, data)

    async def reply(self, ref: str) -> dict[str, Any]:
        """The payload (status and response) of the reply to `ref`; what comes before it is passed over."""
        while True:
            _, answered, _, event, payload = await self.receive()
            if event == "phx_reply" and answered == ref:
                return dict(payload)

    async def join(self, topic: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Join; the reply's payload."""
        return await self.reply(self.push(topic, "phx_join", payload or {}))

    async def close(self) -> None:
        """Be gone."""
        await hang_up(self._writer)

    def _send(self, opcode: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = len(data)
        head = bytes([0x80 | opcode, 0x80 | (size if size < 126 else 126)])
        long = size.to_bytes(2, "big") if size >= 126 else b""
        self._writer.write(head + long + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    async def _frame(self) -> tuple[int, bytes]:
        try:
            first, second = await self._reader.readexactly(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
            return first & 0x0F, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Lost from None
