"""The servers of the bench: rumbl's channels, the peers and the floor."""

from __future__ import annotations

import sys

from rumbl_web.phoenix import token
from tests.bench import build
from tests.bench.peers import peer_token
from tests.bench.servers import bench_app
from tests.bench.servers.process import Spec

RUMBL = "rumbl"
NAIVE = "naive"
SOCKETIO = "Flask-SocketIO"
STARLETTE = "Starlette"
FLOOR = "floor"
PLAIN = "plain Flask"

MOST_CONNECTIONS = 20_000
MOST_THREADS = 1_200
"""Threads of the naive peer without gevent: what it takes for 1,000 clients; 10,000 can't be had that way."""

GUNICORN = (sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:{port}", "--log-level", "warning")
ONE = ("-w", "1")
PEERS = build.HERE / "peers"


def peers(*, threads: bool = False) -> list[Spec]:
    """Everyone beside rumbl: the naive server first, then those whose packages can be had, the floor last."""
    modern = [socketio(), starlette()] if build.peer_packages() else []
    return [naive(threads=threads), *modern, floor()]


def naive(*, threads: bool = False) -> Spec:
    """The naive flask-sock server under gevent; or under `threads`, also where gevent can't be had."""
    app = "naive_flask_sock:app"
    if threads or build.peer_packages() is None:
        workers = ("-k", "gthread", "--threads", str(MOST_THREADS))
        command = (*GUNICORN, *ONE, *workers, app)
        return Spec(
            "naive gthread", command, cwd=PEERS, driver_options=_path("/socket/websocket"), most_clients=1_000
        )
    return Spec(NAIVE, (*GUNICORN, *_gevent(), app), _packages(), PEERS, _path("/socket/websocket"))


def socketio() -> Spec:
    """Flask-SocketIO under gevent, as its documentation deploys it."""
    options = ("--protocol", "socketio", "--topic", "bench:1")
    path = _path("/socket.io/?EIO=4&transport=websocket")
    command = (*GUNICORN, *_gevent(), "flask_socketio_app:app")
    return Spec(SOCKETIO, command, _packages(), PEERS, (*options, *path), heartbeats=False)


def starlette() -> Spec:
    """Starlette on uvicorn with the `websockets` implementation, uvloop and httptools."""
    server = (sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}")
    command = (*server, "--log-level", "warning", "--ws", "websockets", "starlette_app:app")
    return Spec(STARLETTE, command, _packages(), PEERS, _path("/socket/websocket"))


def floor() -> Spec:
    """The least that a server can do, in C."""
    return Spec(FLOOR, (str(build.floor()), "{port}"))


def plain_flask(database_url: str) -> Spec:
    """Pages by Flask and SQLAlchemy alone, on gunicorn with as many threads as the site has."""
    workers = ("-k", "gthread", "--threads", "8")
    return Spec(PLAIN, (*GUNICORN, *ONE, *workers, "plain_flask:app"), {"DATABASE_URL": database_url}, PEERS)


def bench_channel(workers: int = 1, redis_url: str | None = None) -> Spec:
    """rumbl's channels with a channel that only answers and broadcasts, as the peers do."""
    held = token.sign(bench_app.SECRET, bench_app.SALT, 1)
    return Spec(
        RUMBL,
        (*GUNICORN, "-w", str(workers), "-k", "rumbl_web.gthread.Worker", "--threads", "8", bench_app.APP),
        {"REDIS_URL": redis_url} if redis_url else {},
        cwd=build.HERE.parents[1],
        driver_options=("--topic", "bench:1", "--path", f"/socket/websocket?vsn=2.0.0&token={held}"),
    )


def _gevent() -> tuple[str, ...]:
    return (*ONE, "-k", "gevent", "--worker-connections", str(MOST_CONNECTIONS))


def _packages() -> dict[str, str]:
    return {"PYTHONPATH": str(build.PEER_PACKAGES)}


def _path(target: str) -> tuple[str, str]:
    joint = "&" if "?" in target else "?"
    return "--path", f"{target}{joint}vsn=2.0.0&token={peer_token.signer.dumps(1)}"
