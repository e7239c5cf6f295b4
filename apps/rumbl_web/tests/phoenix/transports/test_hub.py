"""The hub as a whole: its calls, its counters, its beginning and its end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import cast

import pytest

from rumbl_web.phoenix.transport import Opcode
from rumbl_web.phoenix.transports import frames
from rumbl_web.phoenix.transports.connection import LINGERING, HubConnection
from rumbl_web.phoenix.transports.hub import Hub
from rumbl_web.phoenix.transports.options import HubOptions, Limits
from rumbl_web.phoenix.transports.wire import Wire

from .support import Client, Loopback, Recorder, echo, eventually, opened

MakeLoopback = Callable[..., Loopback]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class TestRoom:
    def test_a_caller_that_is_faster_than_the_hub_waits_for_room_and_it_is_said(
        self, make_loopback: MakeLoopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        loopback = make_loopback(max_backlog=10)
        client, handler = loopback.connect()
        going, free = threading.Event(), threading.Event()

        def block(_recorder: Recorder, _data: bytes) -> None:
            going.set()
            free.wait(5)

        def send_all() -> None:
            for number in range(50):
                opened(handler).send(Opcode.TEXT, str(number).encode())

        handler.answer = block
        client.text("block the hub")
        going.wait(5)
        sender = threading.Thread(target=send_all)
        sender.start()
        eventually(lambda: loopback.hub.stats()["backlog"] == 10)
        assert sender.is_alive()
        free.set()
        sender.join()

        assert [client.receive_text() for _ in range(50)] == [str(number).encode() for number in range(50)]
        assert "the hub is behind" in caplog.text

    def test_a_full_hub_accepts_nobody(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(max_connections=1)
        assert loopback.hub.accepting

        loopback.connect()

        assert not loopback.hub.accepting

    def test_a_descriptor_that_epoll_refuses_is_not_owned(self) -> None:
        wire = Wire(HubOptions())
        with open(os.devnull, "rb") as file:
            refused = HubConnection(cast(Hub, None), file.fileno(), Recorder(), 0, Limits())

            with pytest.raises(PermissionError):
                wire.add(refused)

            assert (wire.connected(), wire.connections) == ([], 0)
        wire.epoll.close()


def test_a_close_that_is_still_to_be_flushed_is_not_cut_off_by_the_outbox_that_empties_before() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    wire = Wire(HubOptions())
    connection = HubConnection(cast(Hub, None), ours.detach(), Recorder(), 0, Limits())
    wire.add(connection)
    client = Client(theirs)
    text = b"x" * 1_000_000  # more than the kernel takes
    wire.put(connection, frames.encode(frames.TEXT, text))
    wire.flush()
    assert connection.outbox is not None
    wire.put(connection, frames.encode_close(1013))
    connection.phase = LINGERING

    received = b""
    while len(received) < len(text):
        received += theirs.recv(65536)
        wire.writable(connection)
    wire.flush()

    client.sock.setblocking(True)
    rest = client.receive_rest()
    assert (received + rest).endswith(frames.encode_close(1013))
    wire.drop(connection)
    wire.epoll.close()
    client.close()


class TestLife:
    def test_stop_closes_with_1012_and_ends_the_thread(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()

        loopback.hub.stop()

        assert client.receive_close() == 1012
        client.receive_end()
        assert handler.codes == [1012]
        assert "hub" not in [thread.name for thread in threading.enumerate()]

    def test_a_stopped_hub_swallows_calls_and_closes_newcomers(self, loopback: Loopback) -> None:
        _, handler = loopback.connect()
        loopback.hub.stop()
        ours, theirs = socket.socketpair()

        opened(handler).send(Opcode.TEXT, b"late")
        loopback.hub.publish("room", Opcode.TEXT, b"late")
        newcomer = Recorder()
        loopback.hub.adopt(ours, newcomer)

        assert theirs.recv(1) == b""
        assert (newcomer.connection, newcomer.codes) == (None, [1006])
        theirs.close()
        assert loopback.hub.stats()["backlog"] == 0

    def test_a_stopped_hub_starts_no_second_thread_for_who_comes_in_that_moment(
        self, loopback: Loopback
    ) -> None:
        loopback.connect()
        loopback.hub.stop()
        loopback.hub.start()  # as `adopt` and `park` do, which had looked before the stop
        assert "hub" not in [thread.name for thread in threading.enumerate()]

    @pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux only")
    def test_its_thread_interrupts_nobody_when_a_message_wakes_it(self, loopback: Loopback) -> None:
        said: list[int] = []

        loopback.hub.start()
        loopback.hub.call_later(lambda: said.append(os.sched_getscheduler(0)))

        eventually(lambda: said == [os.SCHED_BATCH])

    def test_stopping_what_never_started_is_nothing(self) -> None:
        Hub().stop()

    def test_a_hub_without_connections_keeps_no_calls(self) -> None:
        hub = Hub()

        for _ in range(10):
            hub.publish("room", Opcode.TEXT, b"nobody listens")

        assert hub.stats()["backlog"] == 0

    def test_thousands_of_connections_leave_nothing_behind(self, loopback: Loopback) -> None:
        def round_trip() -> None:
            client, _ = loopback.connect(Recorder(echo))
            client.text("hi")
            client.receive_text()
            client.close()

        round_trip()
        eventually(lambda: loopback.hub.stats()["connections"] == 0)
        before, threads = descriptors(), threading.active_count()
        for _ in range(300):
            round_trip()
        eventually(lambda: loopback.hub.stats()["connections"] == 0)

        eventually(lambda: descriptors() <= before)
        assert threading.active_count() <= threads
        assert not loopback.hub.conversations.closing

    def test_a_forked_child_leaves_the_connections_to_its_parent(self, loopback: Loopback) -> None:
        client, handler = loopback.connect(Recorder(echo))

        child = os.fork()
        if child == 0:
            fresh = loopback.hub.stats()["connections"] == 0 and not loopback.hub._runs()
            os._exit(0 if fresh else 1)
        _, status = os.waitpid(child, 0)
        client.text("still the parent's")

        assert os.waitstatus_to_exitcode(status) == 0
        assert client.receive_text() == b"still the parent's"
        opened(handler).close(1001)
        assert client.receive_close() == 1001

    def test_its_counters_count(self, loopback: Loopback) -> None:
        client, _ = loopback.connect(Recorder(echo))
        for _ in range(3):
            client.text("12345")
            client.receive_text()

        stats = loopback.hub.stats()

        assert (stats["connections"], stats["adopted"]) == (1, 1)
        assert (stats["frames_in"], stats["frames_out"]) == (3, 3)
        assert (stats["bytes_in"], stats["bytes_out"]) == (3 * 11, 3 * 7)


def test_what_the_hub_says_itself_comes_after_what_others_said_before(loopback: Loopback) -> None:
    def answer(recorder: Recorder, _data: bytes) -> None:
        other = threading.Thread(target=opened(recorder).send, args=(Opcode.TEXT, b"first"))
        other.start()
        other.join(10)
        opened(recorder).send(Opcode.TEXT, b"second")

    client, handler = loopback.connect()
    handler.answer = answer
    client.text(b"speak")
    assert [client.receive_text() for _ in range(2)] == [b"first", b"second"]


class TestTheLastWord:
    """A message after which nobody has more to say (`send(last=True)`)."""

    def test_is_written_by_whoever_has_it_while_the_hub_sleeps(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()
        hub, writers = loopback.hub, []
        flush = hub._wire.flush

        def watch() -> None:
            writers.append(threading.current_thread())
            flush()

        eventually(lambda: hub._asleep and not hub._calls, "the hub sleeps")
        hub._wire.flush = watch  # type: ignore[method-assign]  # the one way to see who writes
        opened(handler).send(Opcode.TEXT, b"last", last=True)

        assert client.receive_text() == b"last"
        assert writers == [threading.current_thread()]

    def test_comes_after_all_that_was_said_before(self, loopback: Loopback) -> None:
        client, handler = loopback.connect()
        for number in range(500):
            opened(handler).send(Opcode.TEXT, b"%d" % number, last=number % 2 == 0)
        assert [client.receive_text() for _ in range(500)] == [b"%d" % number for number in range(500)]

    def test_to_a_slow_reader_is_kept_and_bounded_like_any(self, make_loopback: MakeLoopback) -> None:
        loopback = make_loopback(outbox_bytes=100_000, close_timeout_s=30.0)
        client, handler = loopback.connect(receive_buffer=4096)
        while not handler.codes:
            opened(handler).send(Opcode.TEXT, b"x" * 20_000, last=True)
        texts, code = client.receive_until_close()
        assert {len(text) for text in texts} == {20_000}
        assert code == 1013


def test_subscribing_a_foreign_connection_says_what_to_do(loopback: Loopback) -> None:
    class Foreign:
        def send(self, opcode: Opcode, data: bytes, *, last: bool = False) -> None: ...

        def close(self, code: int, reason: str = "") -> None: ...

    with pytest.raises(TypeError, match=r"opened\(\)"):
        loopback.hub.subscribe(Foreign(), "room")
