"""A server under load: started on its own core, waited for, ended by its pid."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from info_sys.testing_ports import free_port
from tests.bench.servers import family

START_S = 90
STOP_S = 15
LAST_LINES = 15


class ServerError(Exception):
    """A server did not start; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class Spec:
    """How a server is started, and what the driver must know of it. `{port}` in the command is filled in."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    driver_options: Sequence[str] = ()
    most_clients: int = 20_000
    heartbeats: bool = True
    """Whether a client can ask for one."""


class Process(Protocol):
    """What is needed of subprocess.Popen."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def wait(self) -> int: ...


@dataclass(frozen=True)
class Running:
    """A started server that answers requests."""

    spec: Spec
    port: int
    process: Process
    log: Path

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def pids(self) -> list[int]:
        """The server's processes, without the database that it may have started."""
        return [pid for pid in family.pids(self.process.pid) if "postgres" not in family.name(pid)]


@contextmanager
def started(spec: Spec, core: int | set[int], logs: Path) -> Iterator[Running]:
    """Start `spec` pinned to `core`, or to several; stopped at the end of the block. Raises ServerError."""
    cores = core if isinstance(core, set) else {core}
    port = free_port()
    log = logs / f"{spec.name.replace(' ', '-')}.log"
    command = [part.replace("{port}", str(port)) for part in spec.command]
    environ = {**os.environ, **spec.environ, "PORT": str(port)}
    process = begin(command, environ, spec.cwd, log, cores)
    server = Running(spec, port, process, log)
    try:
        _wait_until_up(server)
        yield server
    finally:
        _stop(process)


def begin(
    command: Sequence[str], environ: Mapping[str, str], cwd: Path | None, log: Path, cores: set[int]
) -> Process:
    """A process with exactly this environment, on these cores, whose output is the log."""
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            env=environ,
            cwd=cwd,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends the bench first, the bench then ends its servers in order
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509 - the bench has one thread
        )


def _wait_until_up(server: Running) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.process.poll() is None:
        if _answers(server.port):
            return
        time.sleep(0.05)
    code = server.process.poll()
    raise ServerError(f"{server.spec.name} is not up (exit code {code}):\n{server.last_words()}")


def _answers(port: int) -> bool:
    """Whether it takes a request: gunicorn listens long before its worker has loaded the application."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
        probe.sendall(b"GET /up HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return probe.recv(1) != b""
    return False


def _stop(process: Process) -> None:
    """SIGTERM, and SIGKILL for what is left of the family after STOP_S."""
    members = family.pids(process.pid)
    process.terminate()
    deadline = time.monotonic() + STOP_S
    while any(map(family.alive, members)) and time.monotonic() < deadline:
        process.poll()  # reaps the server itself; its children are reaped by it or by init
        time.sleep(0.05)
    for pid in filter(family.alive, members):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
