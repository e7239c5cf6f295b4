"""What hundreds of half-sent requests do to new ones and to channels on the same worker; when they end."""

from __future__ import annotations

import itertools
import selectors
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import http_load, load
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import site
from tests.bench.servers.process import Running, started

PATH = "/"
NOTES_PER_S = 20
PATIENCE_S = 60.0
"""Longer than any of them may stay."""
_POST = b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALVES = (
    b"",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    _POST + b"Content-Length: 90\r\n\r\nsession[username]=",
    _POST + b"Content-Length: 900000\r\n\r\nsession[username]=",
    _POST + b"Transfer-Encoding: chunked\r\n\r\n20\r\nsession",
)

REQUEST_MS = Target(1_000, at_least=False)
UNAFFECTED = Target(1.2, at_least=False)
CLOSED_S = Target(30, at_least=False)


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Visits and notes without and with a crowd of them, on the site."""
    quiet: list[Line] = []
    beside: list[Line] = []
    closed_s: list[float] = []
    say(f"preparing a database with {plan.readers} users")
    with (
        site.database(folder / "half-sent", users=plan.readers, videos=1) as data,
        started(site.spec(data, data.video_ids[0]), core, folder) as server,
    ):
        for run in range(1, plan.runs + 1):
            say(f"visits and notes beside {plan.half_sent} half-sent requests, run {run} of {plan.runs}")
            quiet.append(visited(server, plan))
            with Crowd(server.port, plan.half_sent) as crowd:
                beside.append(visited(server, plan))
                closed_s.append(crowd.last_closed_s())
    return figures(quiet, beside, closed_s, plan), [*quiet, *beside]


def visited(server: Running, plan: Plan) -> Line:
    """Notes to the readers while somebody visits a page; the line of the notes, with the visits in it."""
    phases = ["gate", f"rate:{NOTES_PER_S}:{2 * plan.seconds}"]
    driver = load.Driver(server, plan.readers, phases, {"settle": 0.5, "patience": 20.0})
    try:
        driver.line()
        with http_load.beside(server, "visit", PATH) as report:
            driver.open_gate()
            line = driver.line()
            visits = report()
        driver.rest()
    finally:
        driver.end()
    return {**line, "visits": visits}


def figures(quiet: list[Line], beside: list[Line], closed_s: list[float], plan: Plan) -> list[Figure]:
    """The runs without and with the crowd, and how long its last connection stayed."""
    crowd = f"{plan.half_sent} half-sent requests"
    failed = sum(line["visits"]["failed"] for line in beside)
    return [
        Figure(
            f"p99 of a page beside {crowd}, ms",
            ours=_visits(beside, "p99_ms") if not failed else [float("inf")],
            target=REQUEST_MS,
            note=f"without them {median(_visits(quiet, 'p99_ms')):.3g} ms; "
            f"longest beside them {max(_visits(beside, 'max_ms')):.3g} ms; "
            f"{median(_visits(beside, 'requests')):,.0f} visits a run, {failed} failed",
        ),
        Figure(
            f"median of a note to {plan.readers} beside {crowd} over without",
            ours=[one["p50_ms"] / other["p50_ms"] for one, other in zip(beside, quiet, strict=True)],
            target=UNAFFECTED,
            note=f"p50 {_middle(beside, 'p50_ms')} and {_middle(quiet, 'p50_ms')} ms, "
            f"p99 {_middle(beside, 'p99_ms')} and {_middle(quiet, 'p99_ms')} ms; "
            f"{sum(line['missing'] for line in beside)} deliveries lost",
        ),
        Figure("seconds until the last half-sent request was closed", ours=closed_s, target=CLOSED_S),
    ]


def _visits(lines: list[Line], key: str) -> list[float]:
    return [line["visits"][key] for line in lines]


def _middle(lines: list[Line], key: str) -> str:
    return f"{median(line[key] for line in lines):.3g}"


class Crowd:
    """So many connections that each have sent half of something, of every kind in turn."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._number = number
        self._open = selectors.DefaultSelector()
        self._stays_s: list[float] = []
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._stack = ExitStack()

    def last_closed_s(self) -> float:
        """Wait for the end of all; how long the last one stayed, infinite if it stays."""
        self._thread.join(PATIENCE_S)
        return max(self._stays_s) if len(self._stays_s) == self._number else float("inf")

    def __enter__(self) -> Crowd:
        for half in itertools.islice(itertools.cycle(HALVES), self._number):
            client = self._stack.enter_context(socket.create_connection(("127.0.0.1", self._port)))
            client.sendall(half)
            self._open.register(client, selectors.EVENT_READ, time.monotonic())
        self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._left.set()
        self._thread.join(PATIENCE_S)
        self._stack.close()
        self._open.close()

    def _listen(self) -> None:
        while self._open.get_map() and not self._left.is_set():
            for key, _ in self._open.select(0.1):
                if _ended(key.fileobj):
                    self._open.unregister(key.fileobj)
                    self._stays_s.append(time.monotonic() - key.data)


def _ended(client: Any) -> bool:
    """Whether the server has ended it; what it answered before counts for nothing."""
    try:
        return client.recv(65536) == b""
    except ConnectionError:
        return True
