"""`pytest --workers 4`: the tests of a run, shared out by file among processes that are forked from it.

What the workers need is imported and collected once, before the fork. Everything else is pytest's own: each
worker runs the usual protocol and sends its reports home. A file is never torn apart, so what it starts (a
server, a site) is started once. The files that took longest the last time come first.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

SECONDS = "forked/seconds"
"""The cache's key for how long each file took."""
TIDY_UP_S = 20.0
"""How long a worker that is told to stop may take to end what its tests have started."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--workers", type=int, default=0, help="share the files out among N forked processes")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    count = session.config.option.workers
    if not count or session.config.option.collectonly or session.testsfailed:
        return None
    files = defaultdict(list)
    for item in session.items:
        files[path_of(item.nodeid)].append(item)
    Home(session, longest_first(session.config, files)).run(count)
    return True


def path_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def longest_first(config: pytest.Config, files: dict[str, list[pytest.Item]]) -> list[list[pytest.Item]]:
    """A file that nobody has timed yet may be long."""
    seconds = cache.get(SECONDS, {}) if (cache := getattr(config, "cache", None)) else {}
    return [files[name] for name in sorted(files, key=lambda name: -seconds.get(name, 1000.0))]


class Home:
    """The process that was started: it forks the workers and tells pytest what they report."""

    def __init__(self, session: pytest.Session, files: list[list[pytest.Item]]) -> None:
        self.session = session
        self.files = files
        self.queue, self.last_in = os.pipe()
        self.at: dict[int, Any] = {}  # by worker: where it is
        self.finished = 0
        self.seconds: dict[str, float] = defaultdict(float)

    def run(self, count: int) -> None:
        """Raises what stops a session: `-x`, Ctrl-C."""
        for number in range(len(self.files)):
            os.write(self.last_in, number.to_bytes(2, "big"))
        os.close(self.last_in)
        self.session.config._tmp_path_factory.getbasetemp()  # one for all
        gc.collect()
        gc.freeze()  # so that no worker copies what it only reads
        workers = dict(self.fork(number) for number in range(min(count, len(self.files))))
        try:
            for pid, message in messages(workers):
                self.hear(pid, message)
        finally:
            os.close(self.queue)
            self.end_the_rest()
        self.take_stock()

    def fork(self, number: int) -> tuple[Connection, int]:
        """Start a worker: what it says comes out of the connection."""
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        if pid := os.fork():
            os.close(writing)
            self.at[pid] = None
            return Connection(reading, writable=False), pid
        code = 1
        try:
            Worker(self.session, self.files, self.queue, Connection(writing, readable=False)).run(number)
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)

    def end_the_rest(self) -> None:
        """What still runs when a session is stopped may put away what it has started."""
        for pid in self.at:
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + TIDY_UP_S
        while self.at and time.monotonic() < deadline:
            self.at = {pid: at for pid, at in self.at.items() if os.waitpid(pid, os.WNOHANG) == (0, 0)}
            time.sleep(0.01)
        for pid in self.at:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def hear(self, pid: int, message: Any) -> None:
        hook = self.session.config.hook
        match message:
            case ("start", nodeid, location):
                self.at[pid] = nodeid, location
                hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
            case ("report", data):
                report = hook.pytest_report_from_serializable(config=self.session.config, data=data)
                self.seconds[path_of(report.nodeid)] += report.duration
                hook.pytest_runtest_logreport(report=report)
            case ("finish", nodeid, location):
                self.at[pid] = None
                self.finished += 1
                hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
                self.stop_if_asked()
            case ("end",):
                self.buried(pid)

    def buried(self, pid: int) -> None:
        """A worker has ended: all is well, or somebody reads why not."""
        at = self.at.pop(pid)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if not code and at is None:
            return
        nodeid, location = at or ("the end of a worker", ("", None, "the end of a worker"))
        words = f"the worker process ended with {code} at {nodeid}"
        died = pytest.TestReport(nodeid, location, {}, "failed", words, "call")
        self.session.config.hook.pytest_runtest_logreport(report=died)

    def stop_if_asked(self) -> None:
        if self.session.shouldfail:
            raise self.session.Failed(self.session.shouldfail)
        if self.session.shouldstop:
            raise self.session.Interrupted(self.session.shouldstop)

    def take_stock(self) -> None:
        """Nothing may be left out unseen; how long each file took is kept for the next run."""
        wanted = sum(map(len, self.files))
        if self.finished != wanted:
            self.session.shouldfail = f"{self.finished} of {wanted} tests were run"
            self.stop_if_asked()
        if cache := getattr(self.session.config, "cache", None):
            cache.set(SECONDS, {**cache.get(SECONDS, {}), **self.seconds})


def messages(workers: dict[Connection, int]) -> Iterator[tuple[int, Any]]:
    """What the workers send, as it comes; the last of each is ("end",), however it ended."""
    while workers:
        for connection in wait(list(workers)):
            message = receive(connection)
            pid = workers.pop(connection) if message == ("end",) else workers[connection]
            yield pid, message


def receive(connection: Any) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):  # it died, perhaps in the middle of a word
        return ("end",)


class Worker:
    """A forked process: it takes one file after the other from the queue until that is empty."""

    def __init__(
        self, session: pytest.Session, files: list[list[pytest.Item]], queue: int, home: Connection
    ) -> None:
        self.session = session
        self.config = session.config
        self.files = files
        self.queue = queue
        self.home = home

    def run(self, number: int) -> None:
        self.settle(number)
        try:
            while file := os.read(self.queue, 2):
                self.run_file(self.files[int.from_bytes(file, "big")])
        except KeyboardInterrupt:  # the session is stopped
            pass
        self.session._setupstate.teardown_exact(None)
        self.config._ensure_unconfigure()  # it has checks of its own
        self.home.send(("end",))

    def run_file(self, items: list[pytest.Item]) -> None:
        """After the last test all is put away but what is the session's: the next file isn't known yet."""
        for item, following in zip(items, [*items[1:], self.session], strict=True):
            self.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def settle(self, number: int) -> None:
        """Part with what a forked process would share: the terminal, captured output, folders, chance."""
        plugins = self.config.pluginmanager
        reporter = plugins.unregister(name="terminalreporter")
        plugins.register(Mute(reporter), "terminalreporter")
        capture = plugins.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
        folders = self.config._tmp_path_factory
        folders._basetemp = folders.mktemp(f"worker-{number}", numbered=False)
        random.seed()
        plugins.register(self, "forked worker")

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.home.send(("start", nodeid, location))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.home.send(("report", data))

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        self.home.send(("finish", nodeid, location))


class Mute:
    """In the place of the terminal's reporter: others may write there, it reports nothing."""

    def __init__(self, reporter: Any) -> None:
        self._tw = reporter._tw
