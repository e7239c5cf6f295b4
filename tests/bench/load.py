"""Runs the C load driver against a running server and reads its JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.bench import build, machine
from tests.bench.servers.process import Running

Line = dict[str, Any]
"""One phase as the driver reports it (driver/report.h)."""

DEADLINE_S = 240


class LoadError(Exception):
    """The driver could not play its phases; the message says why."""


def play(server: Running, clients: int, phases: Sequence[str], **options: float | str) -> list[Line]:
    """Join `clients` and play `phases` ("fanout:8:100", see `driver --help`); the first line is the join.

    Options are the driver's, with _ for -. Raises LoadError when the driver fails or takes over DEADLINE_S.
    """
    command = [str(build.driver()), "--port", str(server.port), "--clients", str(clients)]
    command += ["--pids", ",".join(map(str, server.pids())), "--label", server.spec.name]
    command += server.spec.driver_options
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return [json.loads(line) for line in _output(server, [*command, *phases])]


def _output(server: Running, command: list[str]) -> list[str]:
    core = machine.cores()[1]
    driver = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - the bench has one thread
    )
    try:
        out, err = driver.communicate(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{server.spec.name}: the driver did not end within {DEADLINE_S} s") from error
    finally:
        if driver.poll() is None:
            driver.kill()
            driver.wait()
    if driver.returncode:
        said = f"driver exit {driver.returncode}: {err.strip()[:2000]}"
        raise LoadError(f"{server.spec.name}: {said}\nThe server's log ends with:\n{server.last_words()}")
    return out.splitlines()
