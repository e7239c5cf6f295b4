"""Databases for tests: each test run leases one, so that runs never meet.

They are made once, and again when a migration changes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import URL

from rumbl_core import migrate
from rumbl_core.accounts import User
from rumbl_core.attempts import Attempt
from rumbl_core.multimedia import Video
from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres

_MAX_LEASES: Final = 64
_LEASES: Final = 4_113
_RESTART: Final = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


@contextmanager
def database() -> Iterator[URL]:
    """Address of one that is migrated, empty and nobody else's till the end of the block."""
    with ExitStack() as stack:
        server = _server(stack)
        lease = stack.enter_context(psycopg.connect(address.conninfo(server), autocommit=True))
        url = server.set(database=_lease(lease))
        prepare(url)
        yield url


def prepare(url: URL) -> None:
    """Made if need be, migrated and empty: a run that was killed may have left rows."""
    if not _emptied_as_it_is(url):
        address.ensure_database(url)
        migrate.up(url)
        assert _emptied_as_it_is(url)


def empty(connection: psycopg.Connection[Any]) -> None:
    """Delete every row, and begin with the ids again. Rows are few: TRUNCATE would be four times the work."""
    assert User.metadata is Video.metadata is Attempt.metadata, "every schema is loaded"
    for table in reversed(Attempt.metadata.sorted_tables):
        connection.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
    connection.execute(_RESTART)


def _server(stack: ExitStack) -> URL:
    """Address of the maintenance database of the server for tests."""
    given = os.environ.get("RUMBL_TEST_DATABASE_URL")
    if given:
        return address.parse(given)
    folder = os.environ.get("RUMBL_TEST_DATA") or Path(tempfile.gettempdir()) / f"rumbl-test-{os.geteuid()}"
    embedded = EmbeddedPostgres(Path(folder), durable=False)
    stack.callback(embedded.stop)
    return embedded.start()


def _lease(connection: psycopg.Connection[Any]) -> str:
    """Name of a database that no other run uses while this connection is open."""
    for number in range(1, _MAX_LEASES + 1):
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LEASES, number)).fetchone()
        if row and row[0]:
            return f"rumbl_test_{_fingerprint()}_{number}"
    raise RuntimeError(f"more than {_MAX_LEASES} test runs at once")


def _fingerprint() -> str:
    """Changes whenever a migration does."""
    files = [(step.name, step.read_bytes()) for step in _steps()]
    return hashlib.sha256(repr(files).encode()).hexdigest()[:8]


def _steps() -> list[Traversable]:
    """The files of all migrations, the first one first."""
    steps = resources.files("rumbl_core.migrations").joinpath("versions").iterdir()
    return sorted((step for step in steps if step.name[:4].isdigit()), key=lambda step: step.name)


def _emptied_as_it_is(url: URL) -> bool:
    """Empty it, if it is there and has all its tables, as since the run before; whether that was so.

    The migrations themselves are not asked: to load them takes longer than all the rest.
    """
    newest = _steps()[-1].name.split("_")[0]
    with (
        suppress(psycopg.OperationalError, UndefinedTable),
        psycopg.connect(address.conninfo(url)) as connection,
    ):
        if connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]:
            empty(connection)
            return True
    return False
