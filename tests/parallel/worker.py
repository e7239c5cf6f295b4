"""A fork that runs files until there are no more, and tells of each test when it has ended."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import pytest

from tests.parallel.reports import Location, Told, tell

LONGEST_END_S = 60.0
"""After so long a worker that has nothing more to do is gone, also where the run is gone already."""


@dataclass(frozen=True)
class File:
    """Tests for a worker, by their places in `session.items`, and whether they are its last ones."""

    tests: list[int]
    last: bool


STOP = File([], last=True)
"""Heard between two tests, or by one that asks: there is nothing more to do."""
ASK = None
"""Said by a worker that has nothing to do. What ended it in the middle of a test it says as a text, or as the
`pytest.exit` of a test."""


@dataclass
class Done:
    """A test of that place has ended, after so many seconds: its reports, what is known of its warnings, and
    whether the worker's session wants to be over."""

    test: int
    location: Location
    seconds: float = 0.0
    reports: list[Told] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    shouldfail: bool | str = False
    shouldstop: bool | str = False


class _RunHasGone(Exception):
    """Nobody listens to this worker any more."""


def work(session: pytest.Session, number: int, connection: Connection, inherited: list[Connection]) -> None:
    """Be a worker, to the end. The connections of the run to other workers are closed."""
    for other in inherited:
        other.close()
    os.register_at_fork(after_in_child=connection.close)  # or the run would wait for what a test forks
    atexit._clear()  # what is registered is the parent's to do
    _settle(session.config, number)
    try:
        _Worker(session, connection).run()
    except _RunHasGone:
        pass
    except pytest.exit.Exception as wish:
        connection.send(wish)
    except BaseException:
        with suppress(OSError):  # the run may have been interrupted as well
            connection.send(traceback.format_exc())
        sys.exit(1)
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_END_S)
        atexit._run_exitfuncs()


def _settle(config: pytest.Config, number: int) -> None:
    """Share no file with the run: not what is captured, not the temporary folder, not the terminal."""
    plugins = config.pluginmanager
    if reporter := plugins.unregister(name="terminalreporter"):
        plugins.register(_Writer(reporter._tw), "terminalreporter")
    if capture := plugins.get_plugin("capturemanager"):
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
    factory = config._tmp_path_factory  # type: ignore[attr-defined]
    factory._basetemp = factory.getbasetemp() / f"worker{number}"
    factory._basetemp.mkdir(0o700)


class _Writer:
    """What is left of the terminal's reporter: somewhere to write for who has to, as pytest-timeout."""

    def __init__(self, writer: Any) -> None:
        self._tw = writer


class _Worker:
    """The plugin that listens to what happens to each test."""

    def __init__(self, session: pytest.Session, connection: Connection) -> None:
        self._session = session
        self._connection = connection
        self._done = Done(-1, ("", None, ""))
        self._pid = os.getpid()
        session.config.pluginmanager.register(self)

    def run(self) -> None:
        """Run each file that is given. What the session's fixtures began ends with the last test, or here."""
        try:
            while self._goes_on(self._ask()):
                pass
        finally:
            self._session._setupstate.teardown_exact(None)
        self._session.config._ensure_unconfigure()  # what plugins see at the end: what was left open, say

    def _ask(self) -> File:
        self._say(ASK)
        try:
            given: File = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            raise _RunHasGone from error
        return given

    def _say(self, told: Done | None) -> None:
        try:
            self._connection.send(told)
        except ConnectionError as error:
            raise _RunHasGone from error

    def _goes_on(self, file: File) -> bool:
        """Run it; whether there is more to ask for."""
        for test, following in zip(file.tests, [*file.tests[1:], None], strict=True):
            self._run(test, self._next(following, file))
            if self._connection.poll() or self._session.shouldfail or self._session.shouldstop:
                return False
        return not file.last

    def _next(self, following: int | None, file: File) -> Any:
        """What pytest must not tear down yet: what the next test shares, or what only the session does."""
        if following is not None:
            return self._session.items[following]
        return None if file.last else self._session

    def _run(self, test: int, following: Any) -> None:
        item = self._session.items[test]
        self._done = Done(test, item.location)
        begun = time.monotonic()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if os.getpid() != self._pid:
            print(f"{item.nodeid}: what it forked came back", file=sys.stderr, flush=True)
            os._exit(1)
        self._done.seconds = time.monotonic() - begun
        self._done.shouldfail, self._done.shouldstop = self._session.shouldfail, self._session.shouldstop
        self._say(self._done)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of the test has ended: its setup, its call, its teardown."""
        told = self._done.reports
        told.append(tell(self._session.items[self._done.test], report, told[-1] if told else None))

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        """Its text is told, and of what kind it is: not every warning could be sent."""
        self._done.warnings.append(
            {
                "text": str(warning_message.message),
                "category": warning_message.category.__name__,
                "filename": warning_message.filename,
                "lineno": warning_message.lineno,
                "when": when,
                "nodeid": nodeid,
                "location": location,
            }
        )
