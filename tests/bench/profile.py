"""`python -m tests.bench.profile PHASE`: where the time of the hub goes under a load. See README.md.

Prints the phase's line and the server's CPU by user and kernel; py-spy, where it is installed, writes a flame
graph of its threads.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import build, load, machine
from tests.bench.load import LoadError
from tests.bench.servers import catalog
from tests.bench.servers.process import Running, ServerError, started

GRAPH = build.BUILD / "profile.svg"
ENOUGH_S = 300  # py-spy is told to stop long before
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: list[int]) -> tuple[float, float]:
    """Seconds that the processes spent in user space and in the kernel so far."""
    user = system = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICKS, system / TICKS


def recorder(pid: int) -> subprocess.Popen[bytes] | None:
    """A py-spy that watches the worker, if there is one."""
    py_spy = shutil.which("py-spy")
    if py_spy is None:
        print("profile: no py-spy here, so no flame graph (pip install py-spy)", file=sys.stderr)
        return None
    options = ["--threads", "--rate", "500", "--duration", str(ENOUGH_S), "--output", str(GRAPH)]
    return subprocess.Popen([py_spy, "record", *options, "--pid", str(pid)], stdout=subprocess.DEVNULL)


def play(server: Running, phase: str, clients: int, seconds: float) -> None:
    """Play `phase` with the recorder on, and print what it took."""
    driver = load.Driver(server, clients, ["gate", phase], {"limit": seconds, "patience": 20})
    driver.line()
    before = cpu_s(server.pids())
    watching = recorder(server.pids()[-1])
    driver.open_gate()
    line = driver.line()
    after = cpu_s(server.pids())
    driver.rest()
    if watching is not None:
        watching.send_signal(signal.SIGINT)
        if watching.wait(60) == 0:
            print(f"profile: {GRAPH}", file=sys.stderr)
    count = line.get("deliveries") or line.get("round_trips") or 1
    user, system = ((end - begin) * 1e6 / count for begin, end in zip(before, after, strict=True))
    print(json.dumps(line))
    print(f"CPU of the server for each: {user:.2f} us in user space, {system:.2f} us in the kernel")


def main() -> int:
    """Profile what the command line asks for; 1 when it could not be played."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profile", description=__doc__)
    parser.add_argument("phase", help="of the driver, such as fanout:1:100000 or call:64:10")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=10, help="limit of a fan-out")
    options = parser.parse_args()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            started(catalog.bench_channel(), machine.cores()[0], Path(folder)) as server,
        ):
            play(server, options.phase, options.clients, options.seconds)
    except (build.BuildError, LoadError, ServerError) as error:
        print(f"profile: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
