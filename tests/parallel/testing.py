"""Small projects in which runs with workers are tried, and what was noted in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.project import ROOT

CONFTEST = """
import atexit, os, pathlib, pytest, time
LOG = pathlib.Path(__file__).parent / "log"

def note(*words):
    with LOG.open("a") as log:
        print(*words, os.getpid(), file=log)

def wait_for(what, number):
    deadline = time.monotonic() + 10
    while LOG.read_text().count(what) < number and time.monotonic() < deadline:
        time.sleep(0.005)

atexit.register(note, "left", "the run")

@pytest.fixture(scope="session")
def server():
    note("began", "server")
    atexit.register(note, "left", "server")
    yield
    note("ended", "server")

@pytest.fixture(scope="module")
def page(server):
    note("began", "page")
    yield
    note("ended", "page")
"""


def make_project(folder: Path) -> Path:
    """A folder of tests, with a file that notes what began, ran and ended in which process."""
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p tests.parallel -p no:hypothesispytest\n")
    (folder / "conftest.py").write_text(CONFTEST)
    return folder


def command(*arguments: str) -> list[str]:
    """pytest, quiet."""
    return [sys.executable, "-m", "pytest", "-q", *arguments]


def environment(project: Path) -> dict[str, str]:
    """It finds the plugin. Its temporary folders are its own: it closes those of others to PostgreSQL."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DEBUG_TEMPROOT": str(project)}


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest on the project, 30 s at most."""
    return subprocess.run(
        command(*arguments),
        cwd=project,
        env=environment(project),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


def begin(project: Path) -> subprocess.Popen[bytes]:
    """A run with two workers in a group of processes of its own, of which only is seen how it ends."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here it would ignore
    try:
        return subprocess.Popen(
            command("--workers", "2"),
            cwd=project,
            env=environment(project),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def noted(project: Path) -> list[list[str]]:
    """The words of each note, and who wrote it."""
    log = project / "log"
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it does within 10 s."""
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def in_the_middle(project: Path) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """A run that has begun and its workers, each of which is in a test that noted "ran"."""
    running = begin(project)
    assert eventually(lambda: len([1 for what, *_ in noted(project) if what == "ran"]) == 2)
    return running, psutil.Process(running.pid).children()
