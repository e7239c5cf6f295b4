"""HTTP requests beside the sockets: a process of its own, `python -m tests.bench.http_load PORT WHAT ...`.

WHAT is `visit PATH`, a page asked for at a steady rate, whose latency counts from when each was due; `repeat
PATH`, as fast as the threads get answers; or `login`, people who log in again and again. It prints a line
when it begins, goes on until its standard input ends, then prints one JSON line. Logins begin when everybody
has the form.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.bench import build, machine
from tests.bench.load import LoadError
from tests.bench.servers import site
from tests.bench.servers.process import Running

TIMEOUT_S = 30
VISITS_PER_S = 20
VISITORS = 40  # threads, so that a slow answer delays no other visit
CSRF = re.compile(r'name="_csrf_token" value="([^"]+)"')


@dataclass
class Counts:
    """What the threads found, together."""

    ready: threading.Barrier
    latencies_ms: list[float] = field(default_factory=list)
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, ask: Callable[[], requests.Response], due: float, wanted: int | None = None) -> None:
        """One request; anything but an answer below 500, or but the `wanted` one, is a failure."""
        status = 599
        with suppress(requests.RequestException):
            status = ask().status_code
        with self.lock:
            self.latencies_ms.append((time.monotonic() - due) * 1000)
            self.failed += status != wanted if wanted else status >= 500

    def report(self) -> dict[str, float]:
        """Requests, failures and latencies in ms."""
        values = sorted(self.latencies_ms) or [0.0]
        return {
            "requests": len(self.latencies_ms),
            "failed": self.failed,
            "p50_ms": values[len(values) // 2],
            "p99_ms": values[min(len(values) - 1, int(len(values) * 0.99))],
            "max_ms": values[-1],
        }


def visit(url: str, counts: Counts, over: threading.Event, number: int) -> None:
    """Every VISITORS-th visit of the schedule is this thread's."""
    counts.ready.wait()
    due = time.monotonic() + number / VISITS_PER_S
    while not over.wait(max(0.0, due - time.monotonic())):
        counts.timed(lambda: requests.get(url, timeout=TIMEOUT_S), due)
        due += VISITORS / VISITS_PER_S


def repeat(url: str, counts: Counts, over: threading.Event, _number: int) -> None:
    """One request after the other."""
    session = requests.Session()
    counts.ready.wait()
    while not over.is_set():
        counts.timed(lambda: session.get(url, timeout=TIMEOUT_S), time.monotonic())


def login(base: str, counts: Counts, over: threading.Event, number: int) -> None:
    """The form once, then the right password, each time as a guest: wrong ones would soon have to wait."""
    session = requests.Session()
    found = CSRF.search(session.get(f"{base}/sessions/new", timeout=TIMEOUT_S).text)
    assert found, "the login page has no token"
    form = {
        "_csrf_token": found[1],
        "session[username]": f"member{number}",
        "session[password]": site.PASSWORD,
    }
    guest = session.cookies.copy()

    def log_in() -> requests.Response:
        session.cookies = guest.copy()
        return session.post(f"{base}/sessions", data=form, timeout=TIMEOUT_S, allow_redirects=False)

    counts.ready.wait()
    while not over.is_set():
        counts.timed(log_in, time.monotonic(), wanted=302)


def main(argv: list[str]) -> None:
    """Run threads until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("what", choices=("visit", "repeat", "login"))
    parser.add_argument("path", nargs="?", default="")
    parser.add_argument("--threads", type=int, default=VISITORS)
    options = parser.parse_args(argv)
    work = {"visit": visit, "repeat": repeat, "login": login}[options.what]
    counts, over = Counts(threading.Barrier(options.threads + 1, timeout=2 * TIMEOUT_S)), threading.Event()
    url = f"http://127.0.0.1:{options.port}{options.path}"
    threads = [
        threading.Thread(target=work, args=(url, counts, over, number)) for number in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    counts.ready.wait()
    print("begun", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(counts.report()))


@contextmanager
def beside(server: Running, *arguments: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """Run it against `server` on the core of the drivers; what is given ends it and returns its report.

    Raises LoadError when it can't begin, as its own words on standard error say.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.http_load", str(server.port), *arguments],
        cwd=build.HERE.parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_behind_the_driver,  # noqa: PLW1509 - one thread here
    )

    def report() -> dict[str, Any]:
        out, _ = process.communicate(timeout=2 * TIMEOUT_S)
        found: dict[str, Any] = json.loads(out)
        return found

    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise LoadError(f"{server.spec.name}: no HTTP requests could be sent, see above")
        yield report
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _behind_the_driver() -> None:
    """On the driver's core, but never before it: what the driver measures is the server's delay."""
    os.sched_setaffinity(0, {machine.cores()[1]})
    os.nice(19)


if __name__ == "__main__":
    main(sys.argv[1:])
