"""A real server that is killed, with the site's own pool on it."""

import logging
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rumbl_core import accounts, application, repo, settings
from rumbl_core.application import Application
from rumbl_core.errors import Unavailable
from rumbl_core.postgres.embedded import EmbeddedPostgres
from rumbl_core.settings import Settings
from rumbl_core.testing import user_fixture


def eventually(check: Callable[[], bool], deadline_s: float = 20.0) -> None:
    end = time.monotonic() + deadline_s
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def answers() -> bool:
    try:
        repo.ping()
    except Unavailable:
        return False
    return True


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A data folder that initdb made: copying it takes a tenth of the time."""
    with tempfile.TemporaryDirectory(prefix="rumbl-watch-") as made:
        server = EmbeddedPostgres(Path(made), durable=False)
        server.start()
        server.halt()
        yield Path(made) / "postgres"


@pytest.fixture
def folder(made_once: Path) -> Iterator[Path]:
    """Not pytest's own: each pytest that starts closes those of the others to the server's account."""
    with tempfile.TemporaryDirectory(prefix="rumbl-watch-") as made:
        subprocess.run(["cp", "-a", made_once, made], check=True)
        yield Path(made)


@pytest.fixture
def app(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    for field in Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)
    app = application.start(settings.load({"data_dir": folder, "password_cost": "cheap"}))
    yield app
    app.stop()
    EmbeddedPostgres(folder).halt()


def pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def test_a_killed_server_is_started_again_and_has_every_row(
    app: Application, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app.migrate()
    users = [user_fixture() for _ in range(5)]
    os.kill(pid(folder), signal.SIGKILL)
    eventually(lambda: "started again" in caplog.text)
    eventually(answers)
    assert accounts.list_users() == users
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_what_was_halted_on_purpose_stays_halted(app: Application, folder: Path) -> None:
    other = EmbeddedPostgres(folder)
    assert other.halt()
    assert app._embedded is not None
    assert not app._embedded.revive()
    other.start()
    os.kill(pid(folder), signal.SIGKILL)
    eventually(answers)
    other.stop()


def test_a_data_folder_that_is_gone_is_not_made_anew(app: Application, folder: Path) -> None:
    assert app._watch is not None
    assert app._embedded is not None
    app._watch.stop()
    os.kill(pid(folder), signal.SIGKILL)
    (folder / "postgres").rename(folder / "moved")
    assert not app._embedded.revive()
    (folder / "moved").rename(folder / "postgres")
    eventually(app._embedded.revive)


def test_stopping_ends_the_thread(app: Application, folder: Path) -> None:
    names = [thread.name for thread in threading.enumerate()]
    assert "rumbl-postgres-watch" in names
    app.stop()
    assert "rumbl-postgres-watch" not in [thread.name for thread in threading.enumerate()]
    assert EmbeddedPostgres(folder).address() is None


def test_a_child_made_by_fork_holds_no_start_lock(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder)
    reader, writer = os.pipe()
    with embedded._starting():
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    with embedded._starting():
        pass
    os.write(writer, b"x")
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)
