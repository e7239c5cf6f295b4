"""The workers of `pytest -n` are forks of the process that has loaded the conftests, which takes a second.

A worker is what pytest-xdist makes of any Python that reads its first line from stdin; here it is one that
has the test kits and what they import already. A worker that replaces a crashed one is started as ever.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
from typing import Any

from execnet import gateway_io
from execnet.gateway_base import Popen2IO

Child = tuple[int, int, int]
"""Its process id, where its stdin is written and its stdout read."""


def fork(number: int) -> None:
    """Let the next workers that are asked for be forks of this process."""
    if threading.active_count() > 1:
        return  # a thread would not be there in what is forked
    children: list[Child] = []
    for _ in range(number):
        children.append(_fork(children))
    start = gateway_io.create_io

    def create_io(spec: Any, execmodel: Any) -> Any:
        return _Forked(children.pop(0), execmodel) if spec.popen and children else start(spec, execmodel)

    gateway_io.create_io = create_io


class _Forked(Popen2IO):
    """A child in the place of one that was started."""

    def __init__(self, child: Child, execmodel: Any) -> None:
        self.pid, stdin, stdout = child
        super().__init__(os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), execmodel)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        """It does not end by itself."""
        os.kill(self.pid, signal.SIGKILL)


def _fork(elders: list[Child]) -> Child:
    stdin, our_end = os.pipe()
    our_other_end, stdout = os.pipe()
    if pid := os.fork():
        os.close(stdin)
        os.close(stdout)
        return pid, our_end, our_other_end
    for end in (our_end, our_other_end, *(end for _, *ends in elders for end in ends)):
        os.close(end)  # or nobody hears that the parent has gone
    code = 1
    try:
        _serve(stdin, stdout)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)  # never back into what the parent was about to do


def _serve(stdin: int, stdout: int) -> None:
    """Be what `python -c` would be, to the end."""
    atexit._clear()  # what is registered is the parent's to do
    for number, end in enumerate((stdin, stdout)):
        os.dup2(end, number)
        os.close(end)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.argv[:] = ["-c"]
    exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
