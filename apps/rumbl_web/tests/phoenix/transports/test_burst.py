"""The same bytes to many sockets: both ways of writing keep the same promises."""

from __future__ import annotations

import errno
import logging
import socket
from array import array
from collections.abc import Iterator

import pytest

from rumbl_web.phoenix.transports import burst, uring
from rumbl_web.phoenix.transports.burst import Burst

from . import kernels

Pairs = list[tuple[socket.socket, socket.socket]]


@pytest.fixture(params=[True, False], ids=["batches", "one by one"])
def writer(request: pytest.FixtureRequest) -> Iterator[Burst]:
    made = Burst(batches=request.param)
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [socket.socketpair() for _ in range(40)]
    for ours, _ in made:
        ours.setblocking(False)
    yield made
    for pair in made:
        for sock in pair:
            sock.close()


def fds(pairs: Pairs) -> array[int]:
    return array("i", [ours.fileno() for ours, _ in pairs])


def test_everyone_gets_all_of_it_in_order(writer: Burst, pairs: Pairs) -> None:
    for number in range(60):  # more writes than a ring has places
        assert writer.write(fds(pairs), b"note %d;" % number) is None

    wanted = b"".join(b"note %d;" % number for number in range(60))
    assert {theirs.recv(4096) for _, theirs in pairs} == {wanted}


def test_everyone_gets_its_own(writer: Burst, pairs: Pairs) -> None:
    pairs[7][1].close()
    texts = [b"for number %d" % number * number for number in range(1, 41)]

    took = writer.write_each(fds(pairs), texts)

    assert took is not None
    assert took[7] < 0
    assert took[:7] + took[8:] == [len(text) for text in texts[:7] + texts[8:]]
    assert [theirs.recv(4096) for _, theirs in pairs[8:]] == texts[8:]
    assert writer.write_each(fds(pairs[:5]), texts[:5]) is None


def test_what_each_has_is_read_and_the_end_and_nothing_are_told_apart(writer: Burst, pairs: Pairs) -> None:
    for number, (_, theirs) in enumerate(pairs):
        theirs.sendall(b"from %d" % number)
    pairs[3][1].close()

    wanted: list[bytes | int] = [b"from %d" % number for number in range(40)]
    assert writer.read_each(fds(pairs)) == wanted
    nothing: list[bytes | int] = [-errno.EAGAIN] * 40
    nothing[3] = b""
    assert writer.read_each(fds(pairs)) == nothing


def test_what_does_not_fit_is_there_the_next_time(writer: Burst, pairs: Pairs) -> None:
    long = bytes(range(256)) * 400
    pairs[9][1].sendall(long)

    read = b""
    while len(read) < len(long):
        piece = writer.read_each(fds(pairs))[9]
        assert isinstance(piece, bytes)
        read += piece

    assert read == long


def test_whoever_is_gone_takes_nothing_and_the_others_all(writer: Burst, pairs: Pairs) -> None:
    pairs[7][1].close()

    took = writer.write(fds(pairs), b"hello")

    assert took is not None
    assert took[7] < 0
    assert took[:7] + took[8:] == [5] * 39
    assert pairs[8][1].recv(10) == b"hello"


def test_whoever_is_full_takes_a_part_or_nothing_and_nobody_waits(writer: Burst, pairs: Pairs) -> None:
    piece = b"x" * 100_000
    for _ in range(100):
        pairs[3][0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        took = writer.write(fds(pairs[:10]), piece)
        for place, (_, theirs) in enumerate(pairs[:10]):
            if place != 3:
                _read(theirs, len(piece) if took is None else max(took[place], 0))
        if took is not None and took[3] < 0:
            break
    assert took is not None
    assert took[3] < 0, "a full socket takes nothing"


def test_a_few_sockets_and_long_texts_are_written_too(writer: Burst, pairs: Pairs) -> None:
    assert writer.write(fds(pairs[:2]), b"few") is None
    assert [theirs.recv(10) for _, theirs in pairs[:2]] == [b"few"] * 2
    long = b"y" * (200 << 10)
    took = writer.write(fds(pairs[:9]), long)
    sizes = [len(long)] * 9 if took is None else took
    assert all(size > 0 for size in sizes)
    assert _read(pairs[0][1], sizes[0]).count(b"y") == sizes[0]


def test_where_the_kernel_has_no_batches_it_is_said_once_and_done_one_by_one(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forbidden(*_arguments: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(uring, "_call", forbidden)
    caplog.set_level(logging.INFO, burst.__name__)
    writer = Burst()

    for _ in range(3):
        assert writer.write(fds(pairs), b"hello") is None

    assert [record.message for record in caplog.records] == [
        "sockets are written one by one: no io_uring here ([Errno 1] Operation not permitted)"
    ]
    assert pairs[0][1].recv(100) == b"hellohellohello"


@pytest.mark.parametrize("after", range(3))
def test_where_batches_fail_in_the_middle_nothing_is_lost_and_it_goes_on_one_by_one(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, after: int
) -> None:
    try:
        uring.SendRing(entries=8, room=4096).close()
    except OSError as error:
        pytest.skip(f"no io_uring here: {error}")
    monkeypatch.setattr(uring, "_call", kernels.failing(after))
    writer = Burst()
    before = kernels.open_rings()
    texts = [b"for number %d" % number for number in range(40)]

    for pieces in ([b"hello"] * 40, texts):
        took = writer.write_each(fds(pairs), pieces) or [len(piece) for piece in pieces]
        for (ours, theirs), piece, size in zip(pairs, pieces, took, strict=True):
            assert size in (len(piece), -errno.EAGAIN)
            if size < 0:
                ours.send(piece)
            theirs.sendall(theirs.recv(100))
        reads = zip(writer.read_each(fds(pairs)), writer.read_each(fds(pairs)), strict=True)
        got = [b"".join(part for part in parts if isinstance(part, bytes)) for parts in reads]
        assert got == pieces

    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        "sockets are written one by one from now on: io_uring failed ([Errno 12] Cannot allocate memory)"
    ]
    assert kernels.open_rings() <= before
    assert writer.write(fds(pairs), b"and on") is None


def _read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += sock.recv(size - len(data))
    return data
