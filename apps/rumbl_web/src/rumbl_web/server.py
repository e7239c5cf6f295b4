"""Serves the site with gunicorn's threaded workers; each worker starts its own application after the fork."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn has no types

from rumbl_web import application
from rumbl_web.configuration import Configuration, ConfigurationError

log = logging.getLogger(__name__)

GRACEFUL_TIMEOUT_S = 10
"""How long a stopping worker may finish its requests and close its sockets (code 1012)."""


def check_port(host: str, port: int) -> None:
    """Raise ConfigurationError with a line that says what to do when the address can't be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigurationError(
                f"HOST/PORT: can't listen on {host}:{port} ({reason}); "
                f"stop what runs there or choose another, for example PORT={port + 1}"
            ) from error


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with rumbl's settings; `run()` returns when it was told to stop."""

    def __init__(self, configuration: Configuration, on_ready: Callable[[], None]) -> None:
        self._configuration = configuration
        self._on_ready = on_ready
        self._running: application.Application | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings. Its access log is off: the endpoint writes one line a request."""
        web = self._configuration.web
        options = {
            "bind": [_address(web.host, web.port)],
            "workers": web.workers,
            "worker_class": "gthread",
            "threads": web.threads,
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "proc_name": "rumbl-web",
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: self._on_ready(),
            "worker_exit": self._worker_exit,
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Start the application: called in the worker, so no thread or connection crosses the fork."""
        self._running = application.start(self._configuration)
        return self._running.app

    def _worker_exit(self, _arbiter: Any, _worker: Any) -> None:
        if self._running is not None:
            self._running.stop()


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
