"""Chance at a live socket: whatever one client sends, others miss nothing and the server does not grow."""

from __future__ import annotations

import os
import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from tests.conformance.talk import ConformanceServer, Talk

pytestmark = pytest.mark.conformance

EXAMPLES = max(100, int(os.environ.get("RUMBL_FUZZ", "2000")) // 20)
"""Connections; `make test-fuzz` makes 5,000 of its 100,000 examples here."""
ROUND = 25
MOST_GROWTH = 20 << 20
CODES = {1002, 1003, 1007, 1008, 1009, 1011}

HEAD = (
    "GET /socket/websocket?vsn={vsn} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MESSAGES = (
    b'["1","1","room:fuzz","phx_join",{"presence":true}]',
    b'["1","2","room:fuzz","ping",{"a":[1,"\xc3\xa9"]}]',
    b'["1","3","room:fuzz","push_back",{}]',
    b'["1","4","room:fuzz","crash",{}]',
    b'[null,"5","phoenix","heartbeat",{}]',
    b'["1","6","room:fuzz","phx_leave",{}]',
    b'{"topic":"room:fuzz","event":"phx_join","payload":{},"ref":"1"}',
    b"\x00\x01\x01\x09\x08" + b"12room:fuzzping_bin\x01",
    b"\x03\x01\x01\x0d\x01\x00\x01" + b"12realtime:fuzze{}",
)


def frame(chance: random.Random, payload: bytes) -> bytes:
    """A client's frame that is right more often than not."""
    wrong = chance.random() < 0.2
    opcode = chance.choice((0, 1, 1, 1, 2, 2, 8, 9, 10, 3, 11)) if wrong else chance.choice((1, 1, 2, 9))
    first = (
        opcode | (0 if wrong and chance.random() < 0.3 else 0x80) | (chance.choice((0, 0x40)) if wrong else 0)
    )
    size = len(payload) + (chance.choice((-1, 0, 1, 70)) if wrong else 0)
    key = chance.randbytes(4)
    mask = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return bytes([first, 0x80 | min(max(size, 0), 125)]) + key + mask


def spoilt(chance: random.Random) -> bytes:
    """One of our messages, whole or with a piece replaced by noise; at most 125 bytes."""
    message = chance.choice(MESSAGES)
    if chance.random() < 0.5:
        at, size = chance.randrange(len(message)), chance.randrange(8)
        message = message[:at] + chance.randbytes(chance.randrange(6)) + message[at + size :]
    return message[:125]


def offend(port: int, chance: random.Random) -> int | None:
    """Send nonsense over one connection and read until it ends; the code of the close, if there was one."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as raw:
        raw.sendall(HEAD.format(vsn=chance.choice(("2.0.0", "2.0.0", "1.0.0"))).encode())
        nonsense = [frame(chance, spoilt(chance)) for _ in range(chance.randint(1, 6))]
        # The server may have had enough before all of it is sent: what it said is still there to be read.
        with suppress(OSError):
            for piece in (*nonsense, b"\x88\x82\x00\x00\x00\x00\x03\xe8"):
                raw.sendall(piece)
            raw.shutdown(socket.SHUT_WR)  # a frame that promised more than it sent would wait for ever
        return last_close(raw)


def last_close(raw: socket.socket) -> int | None:
    """The code of the close frame among what the server sends; None if the connection just ended."""
    data = b""
    try:
        while piece := raw.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    data = data.partition(b"\r\n\r\n")[2]
    while len(data) >= 2:
        size, start = data[1] & 0x7F, 2
        if size == 126:
            size, start = struct.unpack(">H", data[2:4])[0], 4
        if data[0] == 0x88:
            return int.from_bytes(data[start : start + 2], "big") if size else None
        data = data[start + size :]
    return None


@pytest.mark.timeout(300)
def test_noise_ends_only_the_connection_it_comes_from(
    server: ConformanceServer, dial: Callable[..., Talk]
) -> None:
    chance = random.Random(20_07)
    watcher, crier = dial(), dial()
    watcher.join("room:cry")
    crier.join("room:cry")
    worker = max(psutil.Process(server.pid).children(), key=lambda child: child.memory_info().rss)
    codes: set[int | None] = set()

    before = 0
    for number in range(EXAMPLES):
        codes.add(offend(server.port, chance))
        if number % ROUND == 0:
            crier.send("1", "2", "room:cry", "shout_from", {"n": number})
            assert watcher.frame() == [None, None, "room:cry", "shout", {"n": number}]
        if number == EXAMPLES // 10:
            before = worker.memory_info().rss

    assert codes <= CODES | {1000, None}
    assert {1002, 1011} <= codes
    assert worker.memory_info().rss - before < MOST_GROWTH
    assert worker.is_running()
