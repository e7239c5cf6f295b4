"""Workers of a test run that are forks: what they know, how they end, and who comes after them."""

from __future__ import annotations

import subprocess
import sys

import psutil

from tests.project import ROOT

PROGRAM = """
import os, sys, execnet
from tests import forked_workers
sys.loaded = "long ago"
forked_workers.fork(2)
group = execnet.Group()
for name in ("a fork", "its sister", "one that came later"):
    channel = group.makegateway("popen").remote_exec(
        "import os, sys; channel.send((os.getpid(), getattr(sys, 'loaded', None), sys.argv))"
    )
    print(*channel.receive(), flush=True)
sys.stdin.read()
group.terminate(5)
print("all ended" if not len(group) else "some are left")
os._exit(0)
"""


def begin() -> tuple[subprocess.Popen[str], list[list[str]]]:
    """A process with three workers, and what each of them says of itself."""
    command = [sys.executable, "-c", PROGRAM]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, [process.stdout.readline().split(" ", 1) for _ in range(3)]


def gone(workers: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(workers, timeout=5)[1]


def test_they_have_what_their_parent_had_loaded_and_end_when_it_says_so() -> None:
    process, said = begin()
    workers = [psutil.Process(int(pid)) for pid, _ in said]
    assert [rest for _, rest in said] == ["long ago ['-c']\n", "long ago ['-c']\n", "None ['-c']\n"]

    assert process.communicate("", timeout=10)[0] == "all ended\n"

    assert process.returncode == 0
    assert gone(workers)


def test_they_do_not_outlive_a_parent_that_was_killed() -> None:
    process, said = begin()
    workers = [psutil.Process(int(pid)) for pid, _ in said]

    process.kill()
    process.communicate(timeout=10)

    assert gone(workers)
