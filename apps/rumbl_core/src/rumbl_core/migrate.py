"""Running the migrations. Several processes may do it at the same moment: they queue in the database.

Alembic is imported by who needs it: it takes 60 ms to load, and most processes migrate nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, NullPool, text
from sqlalchemy.engine import URL

from rumbl_core.pool import make_engine
from rumbl_core.repo import translated

if TYPE_CHECKING:
    from alembic.config import Config

# Any number will do, as long as nobody else uses it for a lock in this database.
_LOCK: Final = 7_211_405_933


def up(url: URL) -> None:
    """Take every step that the database hasn't taken."""
    _run(url, "upgrade", "head")


def down(url: URL, steps: int = 1) -> None:
    """Take the last steps back. Their data is gone."""
    _run(url, "downgrade", f"-{steps}")


def all_down(url: URL) -> None:
    """Take every step back. All data is gone."""
    _run(url, "downgrade", "base")


def version(url: URL) -> str | None:
    """The last step that the database has taken, or None."""
    from alembic.runtime.migration import MigrationContext

    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def latest() -> str | None:
    """The last step there is."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(url: URL) -> list[object]:
    """Where schemas and database differ, for those who write a step and for the tests."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from rumbl_core.accounts.user_token import UserToken
    from rumbl_core.attempts import Attempt
    from rumbl_core.multimedia import Video

    assert UserToken.metadata is Attempt.metadata is Video.metadata, "every schema is loaded"
    with _connection(url) as connection:
        found = compare_metadata(MigrationContext.configure(connection), Video.metadata)
    return [*found]


def _run(url: URL, way: str, to: str) -> None:
    from alembic import command

    config = _config()
    with _connection(url) as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        getattr(command, way)(config, to)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "rumbl_core:migrations")
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connection(url: URL) -> Iterator[Connection]:
    engine = make_engine(url, poolclass=NullPool)
    with translated(), engine.connect() as connection:
        yield connection
    engine.dispose()
