"""Runs the C load driver against a running server and reads its JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from tests.bench import build, machine
from tests.bench.servers.process import Running

Line = dict[str, Any]
"""One phase as the driver reports it (driver/report.h)."""

DEADLINE_S = 240


class LoadError(Exception):
    """The driver could not play its phases; the message says why."""


class Driver:
    """One running driver, on the core of drivers unless `cores` names others."""

    def __init__(
        self,
        server: Running,
        clients: int,
        phases: Sequence[str],
        options: dict[str, float | str],
        cores: Iterable[int] = (),
    ) -> None:
        self._server = server
        allowed = set(cores) or {machine.cores()[1]}
        self._process = subprocess.Popen(
            _command(server, clients, phases, options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, allowed),  # noqa: PLW1509 - the bench has one thread
        )

    def line(self) -> Line:
        """The next line, as soon as it is there. Raises LoadError when the driver ends before."""
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            self.rest()
            raise LoadError(f"{self._server.spec.name}: the driver ended without playing all phases")
        line: Line = json.loads(text)
        return line

    def open_gate(self) -> None:
        """Let it through its phase `gate`, and wait until it has begun the next."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self.line()

    def rest(self) -> list[Line]:
        """Wait for the end and return the lines not read yet. Raises LoadError."""
        name = self._server.spec.name
        try:
            out, err = self._process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired as error:
            raise LoadError(f"{name}: the driver did not end within {DEADLINE_S} s") from error
        finally:
            self.end()
        if self._process.returncode:
            said = f"driver exit {self._process.returncode}: {err.strip()[:2000]}"
            words = self._server.last_words()
            raise LoadError(f"{name}: {said}\nThe server's log ends with:\n{words}")
        return [json.loads(line) for line in out.splitlines()]

    def end(self) -> None:
        """Kill it if it still runs, and read no more of it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def play(server: Running, clients: int, phases: Sequence[str], **options: float | str) -> list[Line]:
    """Join `clients` and play `phases` ("fanout:8:100", see `driver --help`); the first line is the join.

    Options are the driver's, with _ for -. Raises LoadError when the driver fails or takes over DEADLINE_S.
    """
    return Driver(server, clients, phases, options).rest()


def _command(
    server: Running, clients: int, phases: Sequence[str], options: dict[str, float | str]
) -> list[str]:
    command = [str(build.driver()), "--port", str(server.port), "--clients", str(clients)]
    command += ["--pids", ",".join(map(str, server.pids())), "--label", server.spec.name]
    command += server.spec.driver_options
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return [*command, *phases]
