"""The process that collected the tests: who runs which file, and what is told of it."""

from __future__ import annotations

import itertools
import math
import multiprocessing
import time
import warnings
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from tests.parallel.reports import Location, hear
from tests.parallel.seconds import Seconds
from tests.parallel.worker import ASK, STOP, Done, File, work

FORK = multiprocessing.get_context("fork")
END_S = 30.0
"""What a worker may take to end what it has begun, after its last test or when the run is broken off."""


@dataclass(eq=False)
class Worker:
    """A fork: the tests it was given and has not told of yet, and whether they are its last ones."""

    process: BaseProcess
    connection: Connection
    tests: deque[int] = field(default_factory=deque)
    leaves: bool = False
    last_words: str = ""
    until: float = math.inf
    """When it must have ended."""

    def give(self, file: File) -> None:
        """It may have gone already: then that is heard soon."""
        self.tests.extend(file.tests)
        self.leaves = file.last
        with suppress(ConnectionError):
            self.connection.send(file)

    def is_late(self) -> bool:
        """It has done all and does not end: one of its threads goes on, say."""
        return time.monotonic() > self.until


class Crew:
    """The workers of a run. A file is given to the next one that asks."""

    def __init__(self, session: pytest.Session, seconds: Seconds) -> None:
        self._session = session
        self._seconds = seconds
        self._files = deque(seconds.longest_first(_by_file(session.items)))
        self._workers: list[Worker] = []
        self._numbers = itertools.count(1)
        self._stopped = False

    def run(self, number: int) -> None:
        """Run all tests. Raises what pytest's own loop does after too many failures, and on ctrl-C."""
        try:
            for _ in range(min(number, len(self._files))):
                self._fork()
            while self._workers:
                self._listen()
        finally:
            self._end()
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _fork(self) -> None:
        ours, theirs = FORK.Pipe()
        inherited = [ours, *(worker.connection for worker in self._workers)]
        process = FORK.Process(target=work, args=(self._session, next(self._numbers), theirs, inherited))
        process.start()
        theirs.close()
        self._workers.append(Worker(process, ours))

    def _listen(self) -> None:
        first = min(worker.until for worker in self._workers)
        patience = None if first == math.inf else max(0.0, first - time.monotonic())
        ready = wait([worker.connection for worker in self._workers], patience)
        for worker in [worker for worker in self._workers if worker.connection in ready or worker.is_late()]:
            try:
                if worker.connection not in ready:
                    raise TimeoutError
                told = worker.connection.recv()
            except (EOFError, OSError):
                self._lose(worker)
            else:
                self._hear(worker, told)
            if self._is_broken_off() and not self._stopped:
                self._stop()

    def _hear(self, worker: Worker, told: Done | pytest.exit.Exception | str | None) -> None:
        if told is ASK:
            worker.give(self._next_file())
        elif isinstance(told, pytest.exit.Exception):
            raise told
        elif isinstance(told, str):
            worker.last_words = told
        else:
            test = worker.tests.popleft()
            assert test == told.test
            self._report(told)
        if worker.leaves and (self._stopped or not worker.tests):
            worker.until = time.monotonic() + END_S

    def _next_file(self) -> File:
        """Each worker gets one of the last files, so that it knows with which test all ends."""
        if not self._files:
            return STOP
        staying = sum(not worker.leaves for worker in self._workers)
        return File(self._files.popleft(), last=len(self._files) < staying)

    def _report(self, told: Done) -> None:
        config, item = self._session.config, self._session.items[told.test]
        self._seconds.took(_file(item), told.seconds)
        reports = [hear(item, told.location, report) for report in told.reports]
        self._log(item, told.location, reports)
        for warning in told.warnings:
            config.hook.pytest_warning_recorded.call_historic(kwargs=_restored(**warning))
        self._session.shouldfail = self._session.shouldfail or told.shouldfail
        self._session.shouldstop = self._session.shouldstop or told.shouldstop

    def _log(self, item: pytest.Item, location: Location, reports: list[pytest.TestReport]) -> None:
        hook, nodeid = item.ihook, item.nodeid
        hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def _is_broken_off(self) -> bool:
        return bool(self._session.shouldfail or self._session.shouldstop)

    def _stop(self) -> None:
        """Nothing new is begun; who is in the middle of a file hears of it after the test."""
        self._stopped = True
        for worker in self._workers:
            if not worker.leaves or worker.tests:
                worker.give(STOP)

    def _lose(self, worker: Worker) -> None:
        """It has ended: because there was nothing left to do, or in the middle of a test."""
        self._workers.remove(worker)
        worker.connection.close()
        if worker.is_late():
            worker.last_words = worker.last_words or f"it would not end within {END_S} s"
            worker.process.kill()
        worker.process.join()
        if worker.tests and not self._is_broken_off():
            self._replace(worker)
        elif worker.process.exitcode or not worker.leaves:
            raise RuntimeError(f"a worker did not end well: {worker.last_words or worker.process.exitcode}")

    def _replace(self, worker: Worker) -> None:
        """The test that it was at has failed; another one goes on behind it."""
        item = self._session.items[worker.tests.popleft()]
        words = f"the worker ended here: {worker.last_words or worker.process.exitcode}"
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")
        self._log(item, item.location, [report])
        if worker.tests:
            self._files.appendleft(list(worker.tests))
        if self._files:
            self._fork()

    def _end(self) -> None:
        """No worker outlives the run."""
        for worker in self._workers:
            worker.connection.close()
        until = time.monotonic() + END_S
        try:
            for worker in self._workers:
                worker.process.join(max(0.0, until - time.monotonic()))
        finally:  # who presses ctrl-C again has waited enough
            for worker in self._workers:
                worker.process.kill()
                worker.process.join()


def _restored(text: str, category: str, filename: str, lineno: int, **told: Any) -> dict[str, Any]:
    """The arguments of pytest's hook for a warning, of which only the name of its category was told."""
    message = warnings.WarningMessage(text, type(category, (Warning,), {}), filename, lineno)
    return {"warning_message": message, **told}


def _by_file(items: list[pytest.Item]) -> list[tuple[str, list[int]]]:
    files: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        files[_file(item)].append(number)
    return list(files.items())


def _file(item: pytest.Item) -> str:
    return item.nodeid.split("::", 1)[0]
