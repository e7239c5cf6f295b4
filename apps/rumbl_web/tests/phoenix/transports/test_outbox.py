"""Bytes that wait for a slow reader."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from rumbl_web.phoenix.transports.outbox import Outbox


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with ours, theirs:
        yield ours, theirs


def drain(outbox: Outbox, ours: socket.socket, theirs: socket.socket) -> bytes:
    """Everything that was waiting, read as it is written."""
    theirs.settimeout(5)
    data = b""
    while not outbox.write(ours.fileno(), 7):
        data += theirs.recv(3000)
    ours.shutdown(socket.SHUT_WR)
    while piece := theirs.recv(3000):
        data += piece
    return data


def test_what_waits_comes_out_in_order_through_any_number_of_partial_writes(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    chunks = [os.urandom(size) for size in (5000, 1, 70, 30_000, 0, 9)] + [b"x"] * 200
    outbox = Outbox(memoryview(b"rest" + chunks[0])[4:], now=1)
    for chunk in chunks[1:]:
        outbox.add(chunk)
    assert outbox.size == sum(map(len, chunks))

    assert drain(outbox, *pair) == b"".join(chunks)
    assert outbox.size == 0
    assert outbox.stalled_since == 7


def test_a_full_socket_is_not_an_error_and_no_progress(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with suppress(BlockingIOError):
        while True:
            ours.send(b"x" * 4096)
    outbox = Outbox(memoryview(b"rest"), now=1)

    assert not outbox.write(ours.fileno(), 7)
    assert (outbox.size, outbox.stalled_since) == (4, 1)


def test_a_broken_socket_raises(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.close()

    with pytest.raises(BrokenPipeError):
        Outbox(memoryview(b"rest"), now=1).write(ours.fileno(), 7)


def test_cutting_keeps_the_chunk_that_is_partly_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    outbox = Outbox(memoryview(b"half of a frame"), now=1)
    outbox.add(b"whole frame")

    outbox.cut()
    outbox.add(b"close")

    assert outbox.size == 20
    assert drain(outbox, *pair) == b"half of a frameclose"
