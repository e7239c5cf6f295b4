"""Serves the site with gunicorn's threaded workers; each worker starts its own application after the fork."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn has no types

from info_sys import metrics, system
from info_sys.otp import Down
from rumbl_web import application, cores, gthread, logs, memory, observer, router
from rumbl_web.configuration import Configuration, ConfigurationError
from rumbl_web.phoenix import gauges

log = logging.getLogger(__name__)

BACKLOG = 2048
"""Connections that may wait to be accepted: a reconnect storm is a burst of them."""
HTTP_CONNECTIONS = 5_000
"""What one worker holds besides its sockets: requests that run or wait, upgrades among them, and idle HTTP
connections. The rest waits in the backlog, where a page waits behind upgrades."""
GRACEFUL_TIMEOUT_S = 10
"""How long a stopping worker may finish its requests and close its sockets (code 1012)."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else is started, so that two starts can't both believe in it.

    Raises ConfigurationError with a line that says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"{host}:{port} can't be listened on ({reason}); {_advice(error, port)}"
        ) from error
    return listener


def _advice(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"stop what runs there, or choose another, for example PORT={port % 65535 + 1}"
        case errno.EACCES:
            return "choose a PORT above 1023"
        case _:
            return "check HOST: it must be an address of this machine, such as 127.0.0.1 or 0.0.0.0"


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with rumbl's settings; `run()` returns when it was told to stop."""

    def __init__(
        self, configuration: Configuration, listener: socket.socket, on_ready: Callable[[], None]
    ) -> None:
        self._configuration = configuration
        self._address = ":".join(map(str, listener.getsockname()[:2]))
        # gunicorn reads its settings again on SIGHUP, so the socket is kept as its number.
        self._bind = f"fd://{listener.detach()}"
        self._on_ready = on_ready
        self._running: application.Application | None = None
        self._observed: observer.Listener | None = None
        memory.few_arenas()
        gthread.Worker.slow = router.slow_requests()
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings. Its access log is off: the endpoint writes one line a request."""
        web = self._configuration.web
        options = {
            "bind": [self._bind],
            "backlog": BACKLOG,
            "workers": web.workers,
            "worker_class": "rumbl_web.gthread.Worker",
            "threads": web.threads,
            "worker_connections": HTTP_CONNECTIONS,
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "proc_name": "rumbl-web",
            "logger_class": logs.GunicornLogger,
            "loglevel": "warning",
            "control_socket_disable": True,
            # Else it believes every peer on this machine, even in where the site is mounted (SCRIPT_NAME).
            # Whom to believe says TRUSTED_PROXIES, in `proxy`.
            "forwarded_allow_ips": "",
            "pre_fork": self._before_fork,
            "post_fork": self._after_fork,
            "post_worker_init": self._worker_ready,
            "worker_exit": self._worker_exit,
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Start the application: called in the worker, so no thread or connection crosses the fork."""
        self._running = running = application.start(self._configuration)
        for root in (running.live.supervisor, running.info.supervisor):
            root.monitor(self._given_up)
        try:
            self._observed = observer.Listener(f"rumbl-web on {self._address}", lambda: _measure(running))
        except OSError as error:
            log.warning("this server process can't be observed: %s", error)
        memory.keep()
        return running.app

    def _before_fork(self, arbiter: Any, worker: Any) -> None:
        memory.keep()
        usable = cores.usable() if self._configuration.web.pin_workers else ()
        worker.core = (
            cores.choose(usable, [other.core for other in arbiter.WORKERS.values()]) if usable else None
        )

    def _after_fork(self, _arbiter: Any, worker: Any) -> None:
        if worker.core is not None:
            cores.keep_to(worker.core)

    def _given_up(self, down: Down) -> None:
        """The top of a supervision tree ended: without it we are a shell. gunicorn starts a new worker."""
        if self._running is not None:
            log.critical("%r has given up: this server process ends, and a new one begins", down.process)
            os.kill(os.getpid(), signal.SIGTERM)

    def _worker_ready(self, worker: Any) -> None:
        # The first of the first ones speaks for all; later ones take the place of others.
        if worker.age == 1:
            self._on_ready()

    def _worker_exit(self, _arbiter: Any, _worker: Any) -> None:
        running, self._running = self._running, None
        if self._observed is not None:
            self._observed.stop()
        if running is not None:
            running.stop()


def _measure(running: application.Application) -> dict[str, float]:
    """All gauges of this process, with what became of the questions to each source."""
    health = system.defaults().health
    return gauges.measurements(running.live.hub) | (metrics.measurements(health.stats) if health else {})
