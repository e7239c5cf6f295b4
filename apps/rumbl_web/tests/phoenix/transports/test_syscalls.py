"""read and write with the interpreter lock held."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from rumbl_web.phoenix.transports import syscalls


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_what_is_written_can_be_read_zero_bytes_included(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair

    assert syscalls.write(theirs.fileno(), b"a\x00b", 3) == 3

    assert syscalls.Reader().read(ours.fileno()) == b"a\x00b"


def test_reads_do_not_share_their_bytes(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    reader = syscalls.Reader()
    theirs.send(b"first")
    first = reader.read(ours.fileno())
    theirs.send(b"other")

    assert (first, reader.read(ours.fileno())) == (b"first", b"other")


def test_nothing_there_raises_and_the_end_is_empty(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    reader = syscalls.Reader()

    with pytest.raises(BlockingIOError):
        reader.read(ours.fileno())
    theirs.close()
    assert reader.read(ours.fileno()) == b""
    assert syscalls.write(ours.fileno(), b"x", 1) == -1
