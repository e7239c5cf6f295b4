"""A really started site for tests across apps: `rumbl-web serve` in a process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from asyncio import run
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import psutil

from info_sys.testing_ports import free_port
from tests import preloaded, prepared
from tests.preloaded import PROJECT

__all__ = ["PROJECT"]

SERVE = ["serve", "--config", "config"]
SERVE_TESTS = ["serve", "--config", "tests.site_config"]
START_DEADLINE_S = 60.0

T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: after a browser test, this one has the loop of Playwright."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, work).result()


def eventually(check: Callable[[], T], deadline_s: float = 10.0) -> T:
    """Ask again until `check()` is true; fail with its last answer when `deadline_s` has passed."""
    end = time.monotonic() + deadline_s
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {deadline_s} s"
        time.sleep(0.02)


class RunningSite:
    """One site on one port and data folder, which outlive its processes: it can be killed and restarted."""

    def __init__(self, data: Path, *, name: str = "site", **environ: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / f"{name}.log"
        self._environ = environ
        self._process: subprocess.Popen[bytes] | preloaded.Forked | None = None

    @property
    def pid(self) -> int:
        """Process id of the launcher, which leads the group."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> RunningSite:
        """Start and wait until it says that it is up."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        # What Python itself reads from its environment, it reads when it begins.
        anew = any(name.startswith("PYTHON") for name in self._environ)
        environ = self._environment()
        if not (anew or "DATABASE_URL" in environ or (self.data / "postgres").exists()):
            prepared.fill(self.data)
        self._process = self._anew(environ) if anew else preloaded.start(SERVE_TESTS, environ, self.log)
        eventually(self._is_up, START_DEADLINE_S)
        return self

    def kill(self) -> None:
        """`kill -9` of the launcher and all its workers; the database server lives on, as it would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop as a person would (SIGTERM), the database too."""
        self._end(signal.SIGTERM)

    def terminate(self) -> None:
        """Send SIGTERM and do not wait for what it does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def workers(self) -> list[int]:
        """Process ids of the launcher's server processes; its embedded database is none."""
        children = psutil.Process(self.pid).children()
        return sorted(child.pid for child in children if "postgres" not in child.name())

    def output(self) -> str:
        """What it has printed since the last start."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _anew(self, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "rumbl_web", *SERVE],
                cwd=PROJECT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        target = os.killpg if how is signal.SIGKILL else os.kill
        if process.poll() is None:
            target(process.pid, how)
        process.wait(timeout=30)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the site did not start:\n{self.output()}"
        return "rumbl is up" in self.output()

    def _environment(self) -> dict[str, str]:
        unset = {"DATABASE_URL", "REDIS_URL", "WORKERS", "WOLFRAM_APP_ID", "RUMBL_ENV", "SECRET_KEY_BASE"}
        unset |= {"RUMBL_CONFIG"}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        # Nobody outside of this machine is asked.
        kept["INFO_SYS_BACKENDS"] = "wolfram,calculator,units,clock,currency"
        here = {"HOST": "127.0.0.1", "PORT": str(self.port), "RUMBL_DATA": str(self.data)}
        return {**kept, **here, "PYTHONUNBUFFERED": "1", **self._environ}


@contextmanager
def started_site(**environ: str) -> Iterator[RunningSite]:
    """A site with a data folder of its own, which goes with it."""
    with TemporaryDirectory(prefix="rumbl-site-", ignore_cleanup_errors=True) as folder:
        running = RunningSite(Path(folder) / "data", **environ).start()
        try:
            yield running
        finally:
            running.stop()
