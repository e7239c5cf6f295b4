"""A PostgreSQL of a test's own, which it may break."""

from __future__ import annotations

from pathlib import Path

from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres


class OwnServer:
    """A PostgreSQL of one test."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedPostgres(folder)
        self._maintenance = self._embedded.start()

    def address(self, database: str = "rumbl") -> str:
        """The address of a database in it, as text; who uses it first makes it."""
        return address.conninfo(self._maintenance.set(database=database))

    def restart(self) -> None:
        """Do as `pg_ctl restart -m immediate`: every connection breaks, what was not committed is gone."""
        self._embedded._cluster()._run(
            "pg_ctl", "-D", str(self._embedded.data), "-m", "immediate", "-w", "stop"
        )
        self._embedded.start()

    def stop(self) -> None:
        """End it."""
        self._embedded.stop()
