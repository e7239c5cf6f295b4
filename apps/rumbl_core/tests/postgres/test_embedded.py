"""With real servers, each in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from rumbl_core.errors import StartError
from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres

USE = """
import sys
from pathlib import Path
from rumbl_core.postgres.embedded import EmbeddedPostgres
embedded = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
print(embedded.start(), flush=True)
sys.stdin.readline()
embedded.stop()
"""


def use(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its input ends."""
    command = [sys.executable, "-c", USE, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql")
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def answer(url: URL) -> object:
    with psycopg.connect(address.conninfo(url), connect_timeout=5) as connection:
        row = connection.execute("SELECT 6 * 7").fetchone()
    return row[0] if row else None


def server_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that other accounts may pass through, with a server that was made once."""
    path = Path(tempfile.mkdtemp(prefix="rumbl-embedded-"))
    path.chmod(0o755)
    yield path
    EmbeddedPostgres(path).halt()
    shutil.rmtree(path)


@pytest.fixture
def embedded(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, durable=False)
    yield server
    server.stop()


def test_starts_answers_and_stops(embedded: EmbeddedPostgres) -> None:
    assert answer(embedded.start()) == 42
    assert embedded.start() == embedded.address(), "starting twice is fine"
    embedded.stop()
    assert embedded.address() is None
    embedded.stop()


def test_its_folder_is_closed_to_other_accounts(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    assert embedded.data.stat().st_mode & 0o077 == 0


def test_the_last_user_stops_it(embedded: EmbeddedPostgres, folder: Path) -> None:
    other = use(folder)
    url = embedded.start()
    leave(other)
    assert answer(url) == 42, "we still use it"
    other = use(folder)
    embedded.stop()
    assert answer(url) == 42, "the other still uses it"
    leave(other)
    assert embedded.address() is None


def test_a_server_whose_user_was_killed_is_used_again(embedded: EmbeddedPostgres, folder: Path) -> None:
    other = use(folder)
    other.kill()
    other.communicate()
    before = server_pid(folder)
    assert answer(embedded.start()) == 42
    assert server_pid(folder) == before
    embedded.stop()
    assert embedded.address() is None, "the killed one no longer counts"


def test_a_killed_server_is_started_again(embedded: EmbeddedPostgres, folder: Path) -> None:
    embedded.start()
    pid = server_pid(folder)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert answer(embedded.start()) == 42


@pytest.mark.parametrize(
    "content", ["", "{me}\n", "{me}\n{data}\n1\n5432\n{data}\n\n 1 1\nready\n", "999999999\n"]
)
def test_a_stale_pid_file_is_no_server(embedded: EmbeddedPostgres, content: str) -> None:
    embedded.start()
    embedded.stop()
    (embedded.data / "postmaster.pid").write_text(content.format(me=os.getpid(), data=embedded.data))
    (embedded.data / ".s.PGSQL.5432.lock").write_text(content.format(me=os.getpid(), data=embedded.data))
    assert embedded.address() is None
    assert answer(embedded.start()) == 42


def test_a_pinned_server_stays_until_it_is_halted(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    embedded.pin()
    embedded.stop()
    assert embedded.address() is not None
    assert embedded.halt()
    assert embedded.address() is None
    assert not embedded.halt()
    assert not embedded.pinned


def test_a_path_too_long_for_a_socket_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    base = Path(tempfile.mkdtemp(prefix="rumbl-long-"))
    base.chmod(0o755)
    embedded = EmbeddedPostgres(base / ("long " * 30), durable=False)
    try:
        url = embedded.start()
        assert answer(url) == 42
        sockets = Path(str(url.query["host"]))
        assert len(str(sockets)) < 90
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # TMPDIR may be another one when it stops
    finally:
        embedded.stop()
        shutil.rmtree(base)
    assert not sockets.exists()
    assert not list(tmp_path.iterdir())


def test_several_processes_may_start_it_at_once(folder: Path) -> None:
    command = [sys.executable, "-c", USE, str(folder)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    urls = {process.stdout.readline() for process in processes if process.stdout}
    for process in processes:
        leave(process)
    assert len(urls) == 1
    assert EmbeddedPostgres(folder).address() is None


class TestOneClearLine:
    def test_for_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StartError, match=r"^RUMBL_DATA: .*set RUMBL_DATA to one$"):
            EmbeddedPostgres(tmp_path / "file" / "data").start()

    @pytest.mark.parametrize("letter", ['"', "$", "`", "\\", "\n"])
    def test_for_a_path_that_a_shell_would_change(self, tmp_path: Path, letter: str) -> None:
        with pytest.raises(StartError, match=r"^RUMBL_DATA: PostgreSQL can't use a folder with [^\n]+$"):
            EmbeddedPostgres(tmp_path / f"a{letter}b").start()

    def test_for_a_folder_of_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "photo.jpg").touch()
        with pytest.raises(StartError, match=r"^RUMBL_DATA: .* is no data folder"):
            EmbeddedPostgres(tmp_path).start()
        assert (tmp_path / "postgres" / "photo.jpg").exists()

    def test_for_a_folder_of_another_version(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
        with pytest.raises(StartError, match=r"^RUMBL_DATA: .* was made by PostgreSQL 16"):
            EmbeddedPostgres(tmp_path).start()

    def test_for_a_broken_cluster(self, tmp_path: Path) -> None:
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
        with pytest.raises(StartError, match=r"^RUMBL_DATA: PostgreSQL could not start in [^\n]+; [^\n]+$"):
            EmbeddedPostgres(tmp_path).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
class TestAsAnotherUser:
    @staticmethod
    def start(data: Path) -> str:
        """Start and stop as nobody, in a fork, since Python may be closed to others; what it said."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            try:
                embedded = EmbeddedPostgres(data, durable=False)
                said = f"started {embedded.start().database}"
                embedded.stop()
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(writer, said.encode())
            os._exit(0)
        os.close(writer)
        with open(reader) as said_by_child:
            text = said_by_child.read()
        os.waitpid(child, 0)
        return text

    def test_a_plain_user_needs_no_root(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        shutil.chown(home, "nobody")
        assert self.start(home) == "started postgres"
        assert (home / "postgres").owner() == "nobody"
        embedded = EmbeddedPostgres(home, durable=False)
        assert answer(embedded.start()) == 42, "root serves it as its owner"
        embedded.stop()

    def test_a_folder_without_permission_is_one_clear_line(self, folder: Path) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o755)
        said = self.start(closed)
        assert said.startswith(f"StartError: RUMBL_DATA: can't keep the database in {closed}")
        assert said.endswith("let this user write there, or set RUMBL_DATA to a folder of its own")

    def test_so_is_a_database_of_another_user(self, embedded: EmbeddedPostgres, folder: Path) -> None:
        embedded.start()
        said = self.start(folder)
        assert said.startswith("StartError: RUMBL_DATA: can't keep the database in")
        assert "\n" not in said
