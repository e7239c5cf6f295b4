"""`pytest --workers 4`: the files of a run are shared out among forks of the process that has collected them.

Such a worker has everything imported and collected: it costs some milliseconds, where one that starts as a
Python of its own costs one and a half seconds. What a file starts (a server, a site) is started once, by the
worker that runs it. Why not pytest-xdist: docs/adr/0015-test-workers-are-forks.md.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.parallel.crew import Crew
from tests.parallel.seconds import Seconds


def pytest_addoption(parser: pytest.Parser) -> None:
    """Without the option pytest runs its tests itself, one after the other."""
    parser.addoption("--workers", type=int, default=0, metavar="N", help="share the test files among N forks")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what was collected in parallel, if that was asked for.

    Raises `pytest.UsageError` where a thread runs already: it would not be there in a fork.
    """
    if session.config.option.workers < 1 or _wants_one_after_the_other(session):
        return None
    if threading.active_count() > 1:
        raise pytest.UsageError(f"--workers forks, but there are threads: {threading.enumerate()}")
    seconds = Seconds(session.config)
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # one for all workers
    Crew(session, seconds).run(session.config.option.workers)
    seconds.keep()
    return True


def _wants_one_after_the_other(session: pytest.Session) -> bool:
    """Collection failed or is all, somebody looks on, or the next run takes it up behind what failed here."""
    wishes = ("collectonly", "usepdb", "trace", "stepwise")
    return bool(session.testsfailed) or any(session.config.getoption(wish, False) for wish in wishes)


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """A dot is a test of any file: no line begins with a file's name."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.option.workers and reporter:
        reporter.showfspath = False
    return (yield)
