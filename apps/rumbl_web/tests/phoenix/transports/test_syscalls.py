"""read and write with the interpreter lock held."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from rumbl_web.phoenix.transports import syscalls

from .support import eventually


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


def test_nothing_there_is_an_errno_and_the_end_is_empty(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    reader = syscalls.Reader()

    assert reader.read(ours.fileno()) == -errno.EAGAIN
    theirs.close()
    assert reader.read(ours.fileno()) == b""
    assert syscalls.write(ours.fileno(), b"x", 1) == -1


def test_many_writes_let_go_of_the_lock_only_while_nobody_wants_it(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    over = threading.Event()

    def want_the_lock() -> None:
        while not over.is_set():
            pass

    assert syscalls.writer(1) is syscalls.write
    eventually(lambda: syscalls.writer(1000) is not syscalls.write, "nobody else runs")
    quick = syscalls.writer(1000)
    assert quick(ours.fileno(), b"abc", 3) == 3
    assert theirs.recv(10) == b"abc"
    thread = threading.Thread(target=want_the_lock)
    thread.start()
    try:
        # It gets the lock only if it is awake when nobody has it: few tries could take a second.
        tries = range(1000)
        eventually(lambda: any(syscalls.writer(1000) is syscalls.write for _ in tries), "another is busy")
    finally:
        over.set()
        thread.join()


def test_both_ways_to_write_tell_an_error_alike(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.close()

    for write in (syscalls.write, syscalls._write_letting_go):
        assert write(ours.fileno(), b"x", 1) == -1
