"""The embedded PostgreSQL: a real server from a wheel, in a folder of rumbl's own.

Many processes may use one server. Each holds a shared lock on a file while it does; the kernel takes the lock
back when a process dies, however it dies. Whoever stops using it and finds no other lock stops the server. A
server that outlived its users (they were killed) is simply used again.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from rumbl_core.errors import StartError
from rumbl_core.postgres import account, cluster

_LOCK_WAIT_S: Final = 90.0


class EmbeddedPostgres:
    """One process's use of the server in `<data_dir>/postgres`. Not for use by several threads at once."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.data = self.data_dir / "postgres"
        self._durable = durable
        self._use: int | None = None

    def start(self) -> URL:
        """Use the server; start it, or make it, if need be. Gives the address of its maintenance database.

        Raises StartError with one line that says what to do.
        """
        with self._explained(), self._starting():
            address = self._cluster().ensure_running(durable=self._durable)
            self._path("halted").unlink(missing_ok=True)
            if self._use is None:
                self._use = _lock_file(self._path("users"), fcntl.LOCK_SH)
            return address

    def stop(self) -> None:
        """Stop using the server, and stop it unless somebody else uses it or it is pinned."""
        if self._use is None:
            return
        os.close(self._use)
        self._use = None
        with self._explained(), self._starting():
            if not self.pinned and self._unused():
                self._cluster().stop()

    def halt(self) -> bool:
        """Stop the server whoever uses it; False if there was none running."""
        with self._explained(), self._starting():
            self._path("pinned").unlink(missing_ok=True)
            self._path("halted").touch()
            return self._cluster().stop()

    def revive(self) -> bool:
        """Start the server again if it died while we use it; True if it did. What was halted stays halted.

        Raises StartError.
        """
        with self._explained():
            if not self._died():
                return False
            with self._starting():
                if not self._died():
                    return False
                self._cluster().ensure_running(durable=self._durable)
                return True

    def address(self) -> URL | None:
        """Address of the running server, or None."""
        return self._cluster().address() if self.data.exists() else None

    @property
    def pinned(self) -> bool:
        """Whether the server stays when its last user leaves."""
        return self._path("pinned").exists()

    def pin(self) -> None:
        """Let the server stay until `halt`."""
        self._path("pinned").touch()

    def _cluster(self) -> cluster.Cluster:
        return cluster.Cluster(self.data, account.choose(self.data))

    def _died(self) -> bool:
        """A data folder that is gone as well is none to begin anew in."""
        used = self._use is not None and not self._path("halted").exists()
        return used and (self.data / "PG_VERSION").exists() and not self._cluster().alive()

    def _path(self, kind: str) -> Path:
        return self.data_dir / f"postgres.{kind}"

    def _unused(self) -> bool:
        try:
            os.close(_lock_file(self._path("users"), fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """One process at a time starts or stops the server; raises StartError after 90 s."""
        account.make_folder(self.data_dir)
        deadline = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                lock = _lock_file(self._path("lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = f"RUMBL_DATA: somebody holds {self._path('lock')}; end that process"
                    raise StartError(message) from None
                time.sleep(0.02)
        _start_locks.add(lock)
        try:
            yield
        finally:
            _start_locks.discard(lock)
            os.close(lock)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StartError(_explain(error, self.data_dir)) from None


_start_locks: Final[set[int]] = set()


def _let_go() -> None:
    """A child made by fork while another thread starts the server must not go on holding the lock."""
    while _start_locks:
        os.close(_start_locks.pop())


os.register_at_fork(after_in_child=_let_go)


def _lock_file(path: Path, operation: int) -> int:
    """Open and lock a file; closing it, or dying, gives the lock back."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, operation)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _explain(error: OSError, data_dir: Path) -> str:
    where = error.filename or data_dir
    match error:
        case PermissionError():
            advice = "let this user write there, or set RUMBL_DATA to a folder of its own"
        case FileExistsError() | NotADirectoryError():
            advice = "it is no folder; set RUMBL_DATA to one"
        case _:
            advice = "free some space or set RUMBL_DATA to another disk, then start again"
    return f"RUMBL_DATA: can't keep the database in {where} ({error.strerror or error}); {advice}"
