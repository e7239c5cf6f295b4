"""Clients of npm that others wrote, unchanged, each through its scenario against the conformance server."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.talk import ConformanceServer

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(180)]

CLIENTS = Path(__file__).parent / "clients"
SECONDS = 120


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ConformanceServer]:
    running = ConformanceServer(tmp_path).start()
    yield running
    running.stop()


def play(server: ConformanceServer, script: str, argument: str) -> list[str]:
    """Run a scenario, doing what it asks for; its steps. Fails with what it said last."""
    node = shutil.which("node")
    if node is None or not (CLIENTS / "node_modules").exists():
        pytest.skip("NO NODE or no npm packages (./scripts/bootstrap clients): npm's clients are untested")
    command = [node, CLIENTS / script, argument, f"{server.url}/socket"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        steps = []
        for line in process.stdout:
            steps.append(line.strip())
            if steps[-1] == "PLEASE restart":
                server.stop()
                server.start()
                process.stdin.write("done\n")
                process.stdin.flush()
        errors = process.stderr.read()
        watchdog.cancel()
        assert process.wait(10) == 0, f"{argument} after {steps}:\n{errors}"
    return steps


@pytest.mark.parametrize("package", ["phoenix", "phoenix17", "phoenix-channels"])
def test_phoenix_js_and_its_like(own_server: ConformanceServer, package: str) -> None:
    assert play(own_server, "phoenix_family.mjs", package)[-1] == "left"


@pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
def test_supabase_realtime_js(own_server: ConformanceServer, vsn: str) -> None:
    assert play(own_server, "supabase.mjs", vsn)[-1] == "left"
