"""All 247 cases of Autobahn's sections 1 to 7 and 10, against a really served echo."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conformance.autobahn import CASES, CLOSE, Case, Frame
from tests.conformance.talk import ConformanceServer

pytestmark = pytest.mark.conformance

UPGRADE = (
    b"GET /echo/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_no_case_is_left_out() -> None:
    counted = Counter(name.split(".")[0] for name in CASES)

    assert counted == {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "10": 1}
    assert counted.total() == 247


@pytest.mark.parametrize("name", CASES)
def test_a_case(server: ConformanceServer, name: str) -> None:
    case = CASES[name]
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.sendall(UPGRADE)
        send(raw, case)
        frames = list(heard(raw))

    code = None if case.code is None else case.code.to_bytes(2, "big")
    assert frames[:-1] == list(case.heard)
    assert frames[-1][0] == CLOSE
    assert frames[-1][1][:2] == (code or b"")


def send(raw: socket.socket, case: Case) -> None:
    """Send in its pieces; the server may have had enough before the last."""
    step = case.chop or len(case.sent)
    try:
        for at in range(0, len(case.sent), step):
            raw.sendall(case.sent[at : at + step])
    except (BrokenPipeError, ConnectionResetError):
        return


def heard(raw: socket.socket) -> Iterator[Frame]:
    """Every frame until the server ends the connection."""
    data = bytearray()
    try:
        while piece := raw.recv(1 << 16):
            data += piece
    except ConnectionResetError:
        pass
    at = data.index(b"\r\n\r\n") + 4
    while at < len(data):
        opcode, size = data[at] & 0x0F, data[at + 1] & 0x7F
        at += 2
        if size > 125:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        yield opcode, bytes(data[at : at + size])
        at += size
