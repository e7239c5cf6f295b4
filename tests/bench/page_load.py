"""Pages as fast as some readers get them: `python -m tests.bench.page_load PORT SECONDS READERS PATH COOKIE`.

Each reader keeps one connection and asks again as soon as it has the whole answer. Plain sockets: the reader
must cost less than what it reads. Prints one JSON line.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time

TIMEOUT_S = 30
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


class Reader(threading.Thread):
    """One connection; counts the pages it got until `over`, and keeps the last."""

    def __init__(self, port: int, request: bytes, over: threading.Event) -> None:
        super().__init__()
        self.pages = self.failed = 0
        self.last = b""
        self._port, self._request, self._over = port, request, over

    def run(self) -> None:
        """Ask until it is over; whatever is no 200 counts as failed."""
        with socket.create_connection(("127.0.0.1", self._port), TIMEOUT_S) as connection:
            while not self._over.is_set():
                connection.sendall(self._request)
                self.last = _answer(connection)
                good = self.last.startswith(b"HTTP/1.1 200")
                self.pages, self.failed = self.pages + good, self.failed + (not good)


def _answer(connection: socket.socket) -> bytes:
    """One whole answer with its head. Raises ConnectionError when the server hangs up."""
    got = b""
    while True:
        part = connection.recv(1 << 18)
        if not part:
            raise ConnectionError("the server hung up")
        got += part
        head, end, body = got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and length and len(body) >= int(length[1]):
            return got


def main(port: str, seconds: str, readers: str, path: str, cookie: str) -> None:
    """Read for so many seconds with so many readers, and say how many pages a second that was."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: text/html"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    request = "\r\n".join([*lines, "", ""]).encode()
    over = threading.Event()
    threads = [Reader(int(port), request, over) for _ in range(int(readers))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    over.wait(float(seconds))
    over.set()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - began
    pages = sum(thread.pages for thread in threads)
    print(
        json.dumps(
            {
                "pages": pages,
                "failed": sum(thread.failed for thread in threads),
                "pages_per_s": pages / spent,
                "bytes": len(threads[0].last),
                "driver_cpu": time.process_time() / spent,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
