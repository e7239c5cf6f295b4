"""Processes that are forks of the tests' own, which has loaded what they would load for half a second.

What runs in one finds itself as in a Python that was started for it: none of pytest's handlers, hooks and
filters take what it says. Descriptors stay, since modules keep some; what owns connections, as a hub does,
leaves them to its parent at a fork.
"""

from __future__ import annotations

import atexit
import ctypes
import faulthandler
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

from gunicorn.app import wsgiapp

IGNORED = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""As Python does by itself."""


_DEATH_SIGNAL = 1  # as prctl(2) names it


class Forked:
    """A process with the part of Popen's face that the tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def send_signal(self, how: signal.Signals) -> None:
        os.kill(self.pid, how)

    def wait(self, timeout: float) -> int:
        """Its exit code, once; negative is the signal that ended it. Kills it if that takes too long."""
        deadline = time.monotonic() + timeout
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.005)
        return os.waitstatus_to_exitcode(ended[1])


def start(run: Callable[[], object], stdout: IO[bytes], stderr: IO[bytes]) -> Forked:
    """Begin a process that does `run` and ends; it ends with the tests, even if those are killed."""
    if pid := os.fork():
        return Forked(pid)
    code = 1
    try:
        _begin(stdout.fileno(), stderr.fileno())
        code = _to_the_end(run)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # never back into the tests


def start_gunicorn(arguments: list[str], folder: Path, listener: socket.socket, stderr: IO[bytes]) -> Forked:
    """Begin `gunicorn ARGUMENTS` in the folder, for those who come to the listener."""

    def serve() -> None:
        where = [f"--chdir={folder}", f"--bind=fd://{listener.fileno()}", "--no-control-socket"]
        sys.argv = ["gunicorn", *where, *arguments]
        wsgiapp.run()

    return start(serve, stderr, stderr)


def _begin(stdout: int, stderr: int) -> None:
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    faulthandler.disable()
    for number, output in ((1, stdout), (2, stderr)):
        os.dup2(output, number)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    gc.freeze()  # the tests' objects: this process is not asked about them
    atexit._clear()
    _forget_pytest()


def _forget_pytest() -> None:
    """What the process says goes to its own stderr."""
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    logging.disable(logging.NOTSET)
    for name in list(logging.root.manager.loggerDict):
        _renew(logging.getLogger(name), logging.NOTSET)
    _renew(logging.root, logging.WARNING)
    warnings.resetwarnings()
    for category in IGNORED:
        warnings.simplefilter("ignore", category)
    warnings.showwarning = _show_warning


def _renew(logger: logging.Logger, level: int) -> None:
    logger.handlers.clear()
    logger.filters.clear()
    logger.setLevel(level)
    logger.propagate, logger.disabled = True, False


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _to_the_end(run: Callable[[], object]) -> int:
    """Its exit code, as Python gives it, after all that waits for the end of a process."""
    code: object = 0
    try:
        run()
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1
