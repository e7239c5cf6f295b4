"""io_uring as it is: batches that go round the ring, and errors by place."""

from __future__ import annotations

import errno
import socket
from array import array
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from rumbl_web.phoenix.transports import uring
from rumbl_web.phoenix.transports.uring import ReceiveRing, SendRing

from . import kernels


@pytest.fixture
def ring() -> Iterator[SendRing]:
    try:
        made = SendRing(entries=8, room=4096)
    except OSError as error:
        pytest.skip(f"no io_uring here: {error}")
    yield made
    made.close()


def test_results_are_in_the_order_of_the_sockets_wherever_the_ring_stands(ring: SendRing) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for number in range(1, 60):
            fds = array("i", [ours.fileno(), 1 << 20, ours.fileno()][: number % 3 + 1])
            text = b"x" * number
            took = ring.send(fds, text)
            wanted = [number, -errno.EBADF, number][: len(fds)]
            assert (took or [number]) == wanted
            sent = text * wanted.count(number)
            assert theirs.recv(4096) == sent


@pytest.fixture
def receiving(ring: SendRing) -> Iterator[ReceiveRing]:
    made = ReceiveRing(entries=8, piece=16)
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with ExitStack() as stack:
        made = [socket.socketpair() for _ in range(9)]
        for one in (one for pair in made for one in pair):
            stack.enter_context(one)
        yield made


@pytest.mark.parametrize("failures_first", [False, True])
def test_what_is_received_is_told_apart_wherever_the_ring_stands(
    receiving: ReceiveRing,
    pairs: list[tuple[socket.socket, socket.socket]],
    monkeypatch: pytest.MonkeyPatch,
    failures_first: bool,
) -> None:
    if failures_first:
        monkeypatch.setattr(uring, "_call", kernels.failures_first([receiving]))
    for number in range(40):
        some = pairs[: number % 7 + 1]
        quiet = number % len(some)
        wanted: list[bytes | int] = [b"%d.%d" % (number, place) for place in range(len(some))]
        wanted[quiet] = -errno.EAGAIN
        for (ours, _), text in zip(some, wanted, strict=True):
            if isinstance(text, bytes):
                ours.send(text)

        assert receiving.receive(array("i", [theirs.fileno() for _, theirs in some])) == wanted


def test_more_sockets_than_there_is_room_for_are_never_read_into_each_others_place(
    receiving: ReceiveRing, pairs: list[tuple[socket.socket, socket.socket]]
) -> None:
    with pytest.raises(ValueError, match="9 sockets, but 8 slots"):
        receiving.receive(array("i", [theirs.fileno() for _, theirs in pairs]))


def test_a_failed_ring_does_nothing_more(ring: SendRing) -> None:
    ring.failed = OSError("some time ago")
    assert ring.send(array("i", [1, 2]), b"ab") == [-errno.EAGAIN] * 2


def test_more_sockets_than_places_are_sent_in_several_batches(ring: SendRing) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert ring.send(array("i", [ours.fileno()] * 21), b"ab") is None
        assert theirs.recv(4096) == b"ab" * 21


def test_results_are_told_apart_where_the_kernel_reports_failures_first(
    ring: SendRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uring, "_call", kernels.failures_first([ring]))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for number in range(20):
            fds = array("i", [ours.fileno()] * 5)
            bad = {number % 5, 4}
            for place in bad:
                fds[place] = 1 << 20

            took = ring.send(fds, b"abc")

            assert took == [-errno.EBADF if place in bad else 3 for place in range(5)]


def test_what_a_failing_kernel_has_not_done_is_said_and_nothing_is_done_later(
    ring: SendRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uring, "_call", kernels.failing(after=1))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        took = ring.send(array("i", [ours.fileno()] * 21), b"ab")

        assert took == [2] * 8 + [2] * 4 + [-errno.EAGAIN] * 9
        assert ring.failed is not None
        assert theirs.recv(100) == b"ab" * 12


def test_a_closed_ring_leaves_no_descriptor() -> None:
    before = kernels.open_rings()
    try:
        rings = [SendRing(entries=8, room=4096) for _ in range(5)]
    except OSError as error:
        pytest.skip(f"no io_uring here: {error}")
    assert kernels.open_rings() > before
    for ring in rings:  # which are still there: after a fork, the frames of the parent's thread keep them
        ring.close()
    assert kernels.open_rings() <= before
