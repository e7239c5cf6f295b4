"""The servers of the bench: rumbl's channels, the naive peer and the floor."""

from __future__ import annotations

import sys

from tests.bench import build
from tests.bench.servers.process import Spec

MOST_CONNECTIONS = 20_000
MOST_THREADS = 1_200
"""Threads of the naive peer without gevent: what it takes for 1,000 clients; 10,000 can't be had that way."""

GUNICORN = (sys.executable, "-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:{port}", "--log-level", "warning")


def naive(*, threads: bool = False) -> Spec:
    """The naive flask-sock server under gevent; or under `threads`, also where gevent can't be had."""
    packages = None if threads else build.peer_packages()
    app = "naive_flask_sock:app"
    if packages is None:
        workers = ("-k", "gthread", "--threads", str(MOST_THREADS))
        return Spec("naive gthread", (*GUNICORN, *workers, app), cwd=build.HERE / "peers")
    workers = ("-k", "gevent", "--worker-connections", str(MOST_CONNECTIONS))
    return Spec("naive", (*GUNICORN, *workers, app), {"PYTHONPATH": str(packages)}, build.HERE / "peers")


def floor() -> Spec:
    """The least that a server can do, in C."""
    return Spec("floor", (str(build.floor()), "{port}"))


def bench_channel() -> Spec:
    """rumbl's channels with a channel that only answers and broadcasts, as the naive peer does."""
    workers = ("-k", "gthread", "--threads", "8")
    app = "tests.bench.servers.bench_app:create_app()"
    return Spec(
        "rumbl",
        (*GUNICORN, *workers, app),
        cwd=build.HERE.parents[1],
        driver_options=("--topic", "bench:1"),
    )
