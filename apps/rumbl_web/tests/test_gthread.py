"""The worker under a real gunicorn, with clients that send half of what they should."""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from rumbl_web import bare_page
from rumbl_web.configuration import build
from rumbl_web.gthread import Worker
from rumbl_web.server import Server as Site
from rumbl_web.server import listen

from . import forked
from .gthread_app import FREE, Impatient
from .gthread_client import DEADLINE_S, GET, HALF, Server, answer, answered, rest

HERE = Path(__file__).parent
LINE_S = Impatient.line_s
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
UPGRADE = (
    b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASKED_HI = b"\x81\x82\0\0\0\0hi"


@pytest.fixture(scope="module")
def access_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "access"


@pytest.fixture(scope="module")
def gunicorn(access_log: Path) -> Iterator[Server]:
    options = ["--log-level=warning", f"--access-logfile={access_log}", f"--config={HERE}/gthread_app.py"]
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as errors:
        process = forked.start_gunicorn([*options, "gthread_app:make_app()"], HERE, listener, errors)
        try:
            yield Server(listener.getsockname()[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)
        errors.seek(0)
        said = errors.read().decode()
    assert [line for line in said.splitlines() if "no descriptor" not in line] == []
    assert said.count("no descriptor") <= 1


@pytest.fixture
def server(gunicorn: Server) -> Iterator[Server]:
    gunicorn.page()
    yield gunicorn
    gunicorn.forget_clients()


SLOW = {
    "nothing": b"",
    "half a head": HALF,
    "half a form": POST + b"Content-Length: 20\r\n\r\nname=",
}
SLOW_BODIES = {
    "half a long body": POST + b"Content-Length: 200000\r\n\r\nname=",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n20\r\nname=",
}


class TestUpgrades:
    def test_a_crowd_that_comes_back_leaves_a_thread_to_the_pages(self, server: Server) -> None:
        waiting = [server.send(UPGRADE.replace(b"vsn", b"gate=1&vsn")) for _ in range(20)]
        refused = [server.send(UPGRADE.replace(b"Version: 13", b"Version: 8")) for _ in range(2)]

        server.page()

        assert answer(server.send(GET.replace(b"/", b"/open", 1))) == (200, "open")
        for client in waiting:
            assert client.recv(12) == b"HTTP/1.1 101"
        for client in refused:
            assert answer(client)[0] == 400
            client.sendall(GET)
            assert answer(client)[0] == 200

    def test_they_compute_without_a_slot(self, server: Server) -> None:
        assert answer(server.send(UPGRADE.replace(b"vsn", b"slot=1&vsn")))[0] == 401

    @pytest.mark.parametrize("more", [
        b"Upgrade: websocket\r\n\r\n",
        b"Upgrade: WebSocket\r\nX: /socket/websocket\r\n\r\n",
        b"Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"Upgrade: websocket\r\nContent-Length: 200000\r\n\r\n",
    ])  # fmt: skip
    @pytest.mark.parametrize(
        "path", [b"/slot", b"/slot?/socket/websocket", b"/slot#/socket/websocket", b"/slo%74"]
    )
    def test_a_page_that_is_asked_for_as_one_takes_a_slot_like_any_other(
        self, server: Server, path: bytes, more: bytes
    ) -> None:
        asked = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + more

        assert answer(server.send(asked)) == (200, "a slot")


class TestRequestsThatKeepAThread:
    SLOW = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    def gate(self, server: Server, how: bytes) -> None:
        assert answer(server.send(self.SLOW.replace(b"/slow", b"/gate?" + how))) == (200, "so be it")

    def test_they_leave_a_thread_to_the_pages_and_are_all_answered(self, server: Server) -> None:
        self.gate(server, b"shut")
        clients = [server.send(self.SLOW) for _ in range(3)]

        server.page()

        self.gate(server, b"open")
        assert {answer(client)[1] for client in clients} <= {"done", "late"}

    def test_who_finds_the_line_full_or_waits_too_long_is_told_so(self, server: Server) -> None:
        self.gate(server, b"shut")
        first = server.send(self.SLOW)
        server.page()  # by now the first has its thread
        others = [server.send(self.SLOW) for _ in range(5)]

        late: list[socket.socket] = []
        deadline = time.monotonic() + DEADLINE_S
        while len(late) < 2:
            assert time.monotonic() < deadline
            late = answered(others, DEADLINE_S)
        assert [answer(client) for client in late] == [(200, "late")] * 2, "only three may wait"
        waiting = [client for client in others if client not in late]
        assert answered([first, *waiting], LINE_S) == [], "and they do, longer than they may"
        server.page()
        self.gate(server, b"open")
        assert answer(first) == (200, "done")
        assert [answer(client) for client in waiting] == [(200, "late")] * 3
        assert answer(server.send(self.SLOW)) == (200, "done")

    @pytest.mark.parametrize("path", [b"/sl%6Fw", b"/%73low?a=%20b"])
    def test_spelling_an_address_another_way_is_no_way_around_the_line(
        self, server: Server, path: bytes
    ) -> None:
        self.gate(server, b"shut")
        crowd = [server.send(self.SLOW.replace(b"/slow", path)) for _ in range(4)]

        server.page()

        self.gate(server, b"open")
        for client in crowd:
            client.close()

    @pytest.mark.parametrize("asks", [
        b"\r\n" + SLOW,
        SLOW.replace(b"Host: x\r\n", b"Host: x\r\nUpgrade: websocket\r\n"),
        SLOW.replace(b"Content-Length: 0\r\n", b"Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n"),
    ], ids=["after an empty line", "as an upgrade", "as an upgrade that sends its body later"])  # fmt: skip
    def test_no_form_of_a_request_is_a_way_around_the_line(self, server: Server, asks: bytes) -> None:
        self.gate(server, b"shut")
        crowd = [server.send(asks) for _ in range(4)]

        server.page()

        self.gate(server, b"open")
        for client in crowd:
            client.close()

    @pytest.mark.parametrize("how", [
        b"Content-Length: 200000\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 20\r\nExpect: 100-continue\r\n",
    ])  # fmt: skip
    def test_their_line_is_not_held_up_by_bodies_that_do_not_come(self, server: Server, how: bytes) -> None:
        self.gate(server, b"open")
        half = self.SLOW.replace(b"Content-Length: 0\r\n", how)
        crowd = [server.send(half) for _ in range(4)]

        assert answer(server.send(self.SLOW)) == (200, "done")

        for client in crowd:
            assert b"done" not in rest(client)

    def test_a_site_gives_its_worker_the_routes_that_hash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Worker, "slow", None)
        listener = listen("127.0.0.1", 0)
        descriptor = listener.fileno()
        try:
            Site(build({"rumbl_web": {"secret_key_base": "x" * 50}}), listener, lambda: None)
        finally:
            os.close(descriptor)
        assert Worker.slow is not None
        assert Worker.slow.search(b"POST /sessions HTTP/1.1\r\n")


class TestSlow:
    @pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
    def test_what_is_half_sent_by_many_holds_up_nobody(self, server: Server, sent: bytes) -> None:
        slow = [server.send(sent) for _ in range(6)]

        server.page()

        assert answered(slow) == [], "the page did not wait for their end"
        for client in slow:
            assert rest(client) == b""

    @pytest.mark.parametrize("sent", SLOW_BODIES.values(), ids=SLOW_BODIES)
    def test_a_long_body_that_is_half_sent_by_many_leaves_threads_free(
        self, server: Server, sent: bytes
    ) -> None:
        slow = [server.send(sent) for _ in range(6)]

        server.page()

        assert len(answered(slow)) < len(slow), "one has a thread that waits, and the page did not"
        for client in slow:
            assert rest(client)[:12] == b"HTTP/1.1 400"

    def test_sending_a_little_all_the_time_gives_no_more_time(self, server: Server) -> None:
        client, started = server.send(HALF), time.monotonic()
        client.settimeout(0.01)
        ended = False

        while not ended and time.monotonic() < started + DEADLINE_S:
            try:
                client.sendall(b"X: y\r\n")
                ended = client.recv(100) == b""
            except TimeoutError:
                pass
            except OSError:
                ended = True

        assert ended
        assert time.monotonic() - started < 2

    def test_their_time_is_up_when_it_is_and_not_when_the_worker_looks_next(self) -> None:
        worker = Worker.__new__(Worker)
        worker.poller = selectors.DefaultSelector()
        worker.pending_conns = deque([SimpleNamespace(timeout=time.monotonic() + 0.05)])
        started = time.monotonic()

        worker.wait_for_and_dispatch_events(2 * DEADLINE_S)

        assert 0.04 < time.monotonic() - started < DEADLINE_S
        worker.poller.close()

    def test_the_second_request_of_a_connection_may_not_be_slow_either(self, server: Server) -> None:
        slow = [server.send(GET + HALF) for _ in range(4)]
        for client in slow:
            assert answer(client)[0] == 200

        server.page()

        assert answered(slow) == [], "the page did not wait for their end"
        assert [rest(client) for client in slow] == [b""] * 4

    def test_a_head_without_an_end_is_given_up(self, server: Server) -> None:
        client = server.send(HALF + b"X: " + b"y" * 40_000)

        assert b"200 OK" not in rest(client)

    def test_a_client_that_keeps_its_end_open_holds_up_nobody(self, server: Server) -> None:
        done = [server.send(HALF + b"Connection: close\r\n\r\n") for _ in range(4)]
        for client in done:
            assert answer(client)[0] == 200
        started = time.monotonic()

        server.page()

        assert time.monotonic() - started < 0.4
        assert [rest(client) for client in done] == [b""] * 4

    def test_a_client_that_never_stops_sending_is_not_read_for_long(self, server: Server) -> None:
        client = server.send(HALF + b"Connection: close\r\n\r\n")
        assert answer(client)[0] == 200
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(bytes(32 * Impatient.late_bytes))  # the kernel takes a few MB by itself


UNREADABLE = {
    "no http": (400, b"hello\r\n\r\n"),
    "a header without a name": (400, HALF + b": x\r\n\r\n"),
    "a header over two lines": (400, HALF + b"X: y\r\n z\r\n\r\n"),
    "an address that is too long": (414, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a header that is too long": (431, HALF + b"Cookie: " + b"x" * 9000 + b"\r\n\r\n"),
    "too many headers": (431, HALF + b"".join(b"X-%d: y\r\n" % n for n in range(120)) + b"\r\n"),
    "a coding that nobody knows": (501, POST + b"Transfer-Encoding: brotli\r\n\r\n"),
    "an expectation that nobody meets": (417, POST + b"Expect: wonders\r\nContent-Length: 1\r\n\r\nx"),
    "markup": (400, b"GET /<script>alert(1)</script> <b>\r\n\r\n"),
}


@pytest.mark.parametrize(("status", "sent"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_gets_a_page_that_says_what_to_do(
    server: Server, status: int, sent: bytes
) -> None:
    client = server.send(sent)

    said, page = answer(client)

    assert said == status
    assert f"<h1>{bare_page.phrase(status)}</h1>" in page
    assert "script" not in page
    assert rest(client) == b"", "the connection ends: nobody knows where the next request would begin"


class TestWhole:
    def test_a_form_that_comes_in_pieces_is_read_whole(self, server: Server) -> None:
        client = server.send(POST, b"Content-Length: 10\r\n", b"\r\n01234", b"56789")

        assert answer(client) == (200, "10")

    @pytest.mark.parametrize("size", [99_999, 100_000, 1_000_000])
    def test_a_long_body_is_read_whole(self, server: Server, size: int) -> None:
        client = server.send(POST + f"Content-Length: {size}\r\n\r\n".encode(), b"x" * size)

        assert answer(client) == (200, str(size))

    def test_a_client_that_asks_first_is_told_to_go_on(self, server: Server) -> None:
        client = server.send(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")

        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"01234")

        assert answer(client) == (200, "5")

    def test_several_requests_in_one_write_are_all_answered(self, server: Server) -> None:
        client = server.send(GET * 3)

        assert [answer(client)[0] for _ in range(3)] == [200] * 3

    def test_a_websocket_lives_longer_than_the_patience_with_requests(self, server: Server) -> None:
        client = server.send(UPGRADE + MASKED_HI)
        with client.makefile("rb") as stream:
            while stream.readline() != b"\r\n":
                pass
            assert stream.read(4) == b"\x81\x02hi"
            slow = server.send(HALF)
            assert rest(slow) == b""
            client.sendall(MASKED_HI)

            assert stream.read(4) == b"\x81\x02hi"


def test_an_upgrade_has_its_line_in_the_access_log(server: Server, access_log: Path) -> None:
    client = server.send(UPGRADE.replace(b"vsn=2.0.0", b"whose=mine"))
    client.recv(100)

    deadline = time.monotonic() + DEADLINE_S
    while not re.search(r'"GET \S*whose=mine HTTP/1.1" 101 ', access_log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_without_a_free_descriptor_lives_on(server: Server) -> None:
    before = server.page()
    crowd = [server.send(b"G") for _ in range(FREE + 1)]

    assert [rest(client) for client in crowd] == [b""] * len(crowd)

    assert server.page() == before
