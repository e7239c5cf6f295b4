"""What clients do to a server that they are cut off from, or too slow for: goals R14 to R17.

Against a server in a process of its own, whose memory, descriptors and threads can be counted. R17 in full,
50,000 connections, is a matter of minutes: RELIABILITY_FULL=1.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rumbl_web.phoenix.transports.connection import OPEN
from rumbl_web.phoenix.transports.frames import CLOSE, TEXT
from rumbl_web.phoenix.transports.options import HubOptions, Limits
from rumbl_web.phoenix.transports.sweep import Sweep

from .. import forked
from .transports.support import UPGRADE, Client, client_frame

MIB = 1 << 20
DEADLINE_S = 20.0
FULL = "RELIABILITY_FULL" in os.environ
CYCLES = 50_000 if FULL else 250
FIRST = 50
"""They bring all that the server makes once and keeps."""
BLOCKS = 1000
"""So many small pieces of memory more prove no leak: what is bounded comes and goes. Each connection that is
not forgotten keeps four, and dozens if its channel is not."""
JOIN = client_frame(TEXT, json.dumps(["1", "1", "room:1", "phx_join", {}]).encode())


def eventually(probe: Callable[[], object], what: str, pause_s: float = 0.05) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not probe():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(pause_s)


class Server:
    """The site, running."""

    def __init__(self, folder: Path) -> None:
        self.clients: list[Client] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = int(listener.getsockname()[1])
            listener.listen(2048)
            self.log = folder / "log"
            with self.log.open("wb") as log:
                self.process = forked.start_gunicorn(
                    ["--worker-class=gthread", "--threads=8", "reliability_app:app"],
                    Path(__file__).parent,
                    listener,
                    log,
                )

    def stats(self, more: str = "") -> dict[str, Any]:
        stats: dict[str, Any] = json.loads(self.ask(f"GET /stats?{more}"))
        return stats

    def say(self, count: int, size: int) -> int:
        """Have texts broadcast; give their size."""
        self.ask(f"POST /say?count={count}&size={size}")
        return count * size

    def ask(self, what: str) -> bytes:
        """The body of the answer."""
        client = Client(socket.create_connection(("127.0.0.1", self.port)))
        client.sock.settimeout(DEADLINE_S)
        client.send(f"{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head, _, body = client.receive_rest().partition(b"\r\n\r\n")
        client.close()
        assert head.startswith(b"HTTP/1.1 200 "), head
        return body

    def join(self, name: str, mount: str = "/socket", receive_buffer: int = 0) -> Client:
        """A client that has asked to join, and has read no more than the answer to its upgrade."""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", self.port))
        client = Client(sock)
        self.clients.append(client)
        path = f"{mount}/websocket?vsn=2.0.0&name={name}"
        client.send(UPGRADE.format(path=path, host=f"127.0.0.1:{self.port}", more="").encode(), JOIN)
        assert client.receive_head().startswith(b"HTTP/1.1 101 ")
        return client

    def is_present(self, *names: str) -> bool:
        return self.stats()["present"] == sorted(names)

    def is_empty(self) -> bool:
        stats = self.stats()
        return stats["present"] == [] and stats["hub.connections"] == 0

    def forget_clients(self) -> None:
        while self.clients:
            self.clients.pop().close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The running server, with nobody there."""
    eventually(lambda: running.is_empty(), "the clients of the test before are gone")
    yield running
    running.forget_clients()
    assert "Traceback" not in running.log.read_text()


class Reader:
    """Somebody who takes what comes, and counts the characters that were said."""

    def __init__(self, client: Client) -> None:
        client.sock.setblocking(False)
        self.client = client
        self.taken = 0

    def take(self) -> int:
        """Read what is there now."""
        while True:
            try:
                piece = self.client.sock.recv(MIB)
            except BlockingIOError:
                return self.taken
            assert piece, "the connection of a reader has ended"
            self.taken += piece.count(b"~")


def test_one_of_a_hundred_that_never_reads_costs_a_mebibyte_and_is_closed(server: Server) -> None:
    """R14. The others get every message while it fills up, and after it is gone."""
    server.join("stuck", receive_buffer=4096)
    readers = [Reader(server.join(f"reader{number:02}")) for number in range(99)]
    eventually(lambda: len(server.stats()["present"]) == 100, "everybody is here")
    before, biggest, said, size = server.stats(), 0.0, 0, 4000

    while server.stats()["hub.slow_closed"] == before["hub.slow_closed"]:
        said += server.say(20, size)
        all_have(readers, said)
        biggest = max(biggest, server.stats()["hub.outbox_bytes"])
        assert said < 16 * MIB, "still not closed"

    assert 0 < biggest <= MIB + 2 * size
    after = server.stats()
    assert after["resident"] - before["resident"] < 8 * MIB
    eventually(lambda: server.stats()["hub.connections"] == 99, "its connection is cut")
    assert "stuck" not in server.stats()["present"]
    assert server.stats()["hub.outbox_bytes"] == 0
    all_have(readers, said + server.say(1, size))


def all_have(readers: list[Reader], size: int) -> None:
    eventually(
        lambda: all(reader.take() >= size for reader in readers), "every reader has all that was said", 0.01
    )


def test_a_client_that_is_cut_off_without_a_word_leaves_presence_and_no_descriptor(server: Server) -> None:
    """R15. Nothing comes from it, and it does not answer the close; its kernel still takes bytes."""
    server.join("watcher")
    eventually(lambda: server.is_present("watcher"), "the watcher is here")
    before = server.stats("sockets")
    cut_off = [server.join(f"cut{number}", "/short") for number in range(20)]
    eventually(lambda: len(server.stats()["present"]) == 21, "everybody is here")

    eventually(lambda: server.is_present("watcher"), "the cut off are gone")
    eventually(lambda: server.stats()["hub.connections"] == 1, "so are their connections")
    # Not all descriptors: a first fan-out to many makes the rings for it.
    eventually(lambda: server.stats("sockets")["sockets"] <= before["sockets"], "so are their descriptors")
    assert len(cut_off) == 20


def test_an_idle_socket_is_closed_with_a_code_that_lets_it_come_back(server: Server) -> None:
    """R16, on a real clock: not before its time. That it is not much later, the next test says."""
    short_s, began = server.stats()["short_s"], time.monotonic()
    client = server.join("idle", "/short")
    client.sock.settimeout(DEADLINE_S)
    while (frame := client.receive())[0] != CLOSE:
        pass

    assert time.monotonic() - began >= short_s
    assert int.from_bytes(frame[1][:2], "big") == 1001


@pytest.mark.parametrize("timeout_s", [1.0, 60.0, 300.0])
@pytest.mark.parametrize("place", range(4))
def test_an_idle_socket_is_closed_within_a_tenth_of_its_timeout(timeout_s: float, place: int) -> None:
    """R16, on a clock of the test's own: the slow clock of the hub looks at everybody often enough."""
    closed: list[int] = []

    class Idle:
        phase, seen, limits = OPEN, 0, Limits(idle_timeout_s=timeout_s)

    class Wire:
        now, connections, blocked = 0, 1, ()
        table = [None] * place + [Idle()]  # of this test alone

    class Conversations:
        closing: dict[object, int] = {}  # of this test alone

        def close(self, connection: Idle, code: int, reason: str) -> None:
            closed.append(code)

    wire = Wire()
    sweep = Sweep(wire, Conversations(), HubOptions())  # type: ignore[arg-type]  # as much as it looks at
    sweep.heed(timeout_s)
    while not closed:
        wire.now += max(1, int(sweep.wait_s() * 1_000_000))
        sweep.run()
        assert wire.now < 2 * timeout_s * 1_000_000

    assert closed == [1001]
    assert timeout_s <= wire.now / 1_000_000 <= 1.1 * timeout_s


@pytest.mark.timeout(1200 if FULL else 120)
def test_hundreds_who_come_and_go_leave_nothing_behind(server: Server) -> None:
    """R17. They leave in every way: with a close, with the end of the stream, with a reset."""
    for number in range(FIRST):
        come_and_go(server, number)
    eventually(lambda: server.is_empty(), "the first are gone")
    before = server.stats("collect")

    for number in range(CYCLES):
        come_and_go(server, number)
    eventually(lambda: server.is_empty(), "all are gone")

    eventually(lambda: server.stats()["descriptors"] <= before["descriptors"], "descriptors as before")
    eventually(lambda: server.stats()["threads"] <= before["threads"], "threads as before")
    limit = before["blocks"] + BLOCKS
    eventually(lambda: server.stats("collect")["blocks"] < limit, "what is still remembered is bounded")
    after = server.stats("collect")
    assert after["hub.adopted"] == before["hub.adopted"] + CYCLES
    assert (after["otp.processes"], after["hub.groups"]) == (before["otp.processes"], 0)
    blocks, grown = after["blocks"] - before["blocks"], (after["resident"] - before["resident"]) / MIB
    print(f"{CYCLES} connections: {blocks} blocks and {grown:.1f} MiB more")  # noqa: T201  # pytest -s shows it
    assert grown < (30 if FULL else 3)


def come_and_go(server: Server, number: int) -> None:
    client = server.join(f"guest{number % 10}")
    assert client.receive_text().startswith(b'["1","1","room:1","phx_reply"')
    match number % 3:
        case 0:
            client.send(client_frame(CLOSE, b"\x03\xe9"))
            client.close()
        case 1:
            client.close()
        case 2:
            client.reset()
