"""Commands in processes forked from one that has loaded `rumbl-web`: it loads for most of a second.

What runs is a process of its own, with its own arguments, environment and output, as if it had been started
by `python -m rumbl_web`, or `python -m` another module that needs much of the same. The one that has loaded
it, `python -m tests.preloaded`, ends with the test run.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent

_DEATH_SIGNAL = 1  # as prctl(2) names it


class Forked:
    """A process with the part of Popen's face that the tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it runs; negative is the signal that ended it."""
        if self.returncode is None:
            self.returncode = _loaded().ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Its exit code, once it has ended. Raises TimeoutExpired after `timeout` seconds."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.02)
        return code

    def send_signal(self, how: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def terminate(self) -> None:
        """Send it SIGTERM, unless it has ended."""
        self.send_signal(signal.SIGTERM)


def start(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    stdout: Path,
    stderr: Path | None = None,
    *,
    module: str = "rumbl_web",
) -> Forked:
    """Begin `python -m MODULE ARGUMENTS` with this environment alone, in a session of its own.

    What it says is added to the files; errors to that of the output if `stderr` is None.
    """
    outputs = [str(stdout), str(stderr or stdout)]
    whole = [module, *arguments]
    return Forked(_loaded().ask(command=whole, environ=dict(environ), outputs=outputs))


def run(
    arguments: Sequence[str], environ: Mapping[str, str], *, module: str = "rumbl_web"
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE ARGUMENTS` to its end, a minute at most, and keep what it says."""
    with TemporaryDirectory(prefix="rumbl-web-") as folder:
        said, errors = Path(folder) / "stdout", Path(folder) / "stderr"
        code = start(arguments, environ, said, errors, module=module).wait(60)
        return subprocess.CompletedProcess(arguments, code, said.read_text(), errors.read_text())


class _Loaded:
    """The process that has loaded everything, from without."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests
        )
        atexit.register(self._end)

    def ask(self, **question: Any) -> Any:
        """Its answer: a process id or an exit code."""
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def _end(self) -> None:
        self._process.communicate()


@functools.cache
def _loaded() -> _Loaded:
    return _Loaded()


# -- in the process that has loaded everything


def main() -> None:
    """Answer until the tests hang up; each process that is asked for ends in here."""
    from rumbl_web import memory

    with memory.loading():  # so no fork looks through it all for garbage, and copies it by that
        from alembic import autogenerate, command, config  # noqa: F401 - each site looks at its migrations

        from rumbl_web import cli, server  # noqa: F401 - what takes so long
        from tests.conformance import channels, faults  # noqa: F401 - of another server

    assert threading.active_count() == 1, "a thread would not be there in what is forked"
    codes: dict[int, int] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _reap(codes))
    for line in sys.stdin:
        question = json.loads(line)
        if "ended" in question:
            answer = codes.get(question["ended"])
        elif not (answer := os.fork()):
            _become(**question)
            os._exit(_to_the_end(question["command"][0]))
        print(json.dumps(answer), flush=True)


def _reap(codes: dict[int, int]) -> None:
    """Keep the exit codes of all who have ended."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            codes[ended[0]] = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        pass


def _become(command: list[str], environ: dict[str, str], outputs: list[str]) -> None:
    """Be a process that was started with these. It ends with the tests, even if those are killed."""
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, output in enumerate(outputs, 1):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.closerange(3, 64)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = command[1:]


def _to_the_end(module: str) -> int:
    """Run it; its exit code, as Python gives it, after all that waits for the end of a process.

    What is left then is to take down what was loaded, page by page of what is shared: much work for nothing.
    """
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # as Python itself does
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    main()
