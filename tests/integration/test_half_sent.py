"""A whole site, and hundreds of clients that send half of what they should, or what nobody should."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest
import requests

from tests.running import RunningSite, eventually, started_site
from tests.viewer import Account, Viewer

pytestmark = pytest.mark.timeout(120)

CROWD = 500
PATIENCE_S = 30.0
PACE_S = 0.001
"""Between two chunks: 30 MB a second. Without it both ends do nothing else for two seconds."""
MOST_BYTES = 64 << 20
HALF = [
    b"",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n\r\nsession[username]=",
    b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\nsession[username]=",
    b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nsession",
]
HEAD = b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
ODD = {
    "a chunked body over the limit": HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"8000\r\n" + b"x" * 0x8000 + b"\r\n",
    "a chunk without a size": HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
    "a body and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length below nothing": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length beyond all": HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "a long address": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
    "NUL in an address": b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=\0\r\n\r\n",
    "no UTF-8": b"GET /watch/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "half an escape": b"GET /watch/%f HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "a proxy's request": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with started_site() as running:
        yield running


def connect(site: RunningSite, sent: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_S)
    client.sendall(sent)
    return client


def status(site: RunningSite, sent: bytes) -> int:
    """What the site answers; 0 if it only ends the connection."""
    with connect(site, sent) as client, client.makefile("rb") as stream:
        try:
            while sent.startswith(HEAD) and len(sent) > 0x8000:
                client.sendall(sent[-0x8008:])  # another chunk, and another
                time.sleep(PACE_S)
        except OSError:
            pass
        try:
            return int(stream.readline().split()[1])
        except (IndexError, ConnectionResetError):
            return 0


def ended(client: socket.socket) -> bool:
    """Whether the site has ended the connection, whatever it said before."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


def worker(site: RunningSite) -> psutil.Process:
    [pid] = site.workers()
    return psutil.Process(pid)


def test_a_crowd_that_sends_half_holds_up_nobody_and_is_dropped(site: RunningSite) -> None:
    account = Account(site.url).register("Pat Ient", "pat")
    viewer = Viewer(site.url, account.boot("/watch/1")["userToken"], 1).connect()
    process = worker(site)
    threads, memory = process.num_threads(), process.memory_info().rss
    with ExitStack() as stack:
        crowd = [stack.enter_context(connect(site, HALF[n % len(HALF)])) for n in range(CROWD)]
        begun, slowest = time.monotonic(), 0.0
        for number in range(5):
            asked = time.monotonic()
            assert requests.get(f"{site.url}/watch/1", timeout=10).status_code == 200
            viewer.post(f"k{number}", f"note {number}")
            viewer.read_until(lambda n=number: f"note {n}" in [one["body"] for one in viewer.notes.values()])
            Account(site.url).register(f"Late {number}", f"late{number}")
            slowest = max(slowest, time.monotonic() - asked)
        assert slowest < 2
        assert process.num_threads() <= threads + 24  # a pool and what notes begin: none for each client
        assert process.memory_info().rss < memory + MOST_BYTES
        eventually(lambda: all(ended(client) for client in crowd), PATIENCE_S)
        assert time.monotonic() - begun < PATIENCE_S
    viewer.close()
    assert requests.get(site.url, timeout=10).status_code == 200


@pytest.mark.parametrize("sent", ODD.values(), ids=ODD)
def test_what_nobody_should_send_is_refused_and_never_a_crash(site: RunningSite, sent: bytes) -> None:
    assert status(site, sent) in {0, *range(400, 500), 501, 503, 505}
    assert "Traceback" not in site.output()
    assert requests.get(f"{site.url}/healthz", timeout=10).status_code == 200
