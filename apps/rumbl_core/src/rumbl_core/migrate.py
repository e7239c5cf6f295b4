"""Running the migrations. Several processes may do it at the same moment: they queue in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.engine import URL

from rumbl_core.pool import make_engine
from rumbl_core.repo import translated

# Any number will do, as long as nobody else uses it for a lock in this database.
_LOCK: Final = 7_211_405_933


def up(url: URL) -> None:
    """Take every step that the database hasn't taken."""
    _run(url, lambda config: command.upgrade(config, "head"))


def down(url: URL, steps: int = 1) -> None:
    """Take the last steps back. Their data is gone."""
    _run(url, lambda config: command.downgrade(config, f"-{steps}"))


def all_down(url: URL) -> None:
    """Take every step back. All data is gone."""
    _run(url, lambda config: command.downgrade(config, "base"))


def version(url: URL) -> str | None:
    """The last step that the database has taken, or None."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def latest() -> str | None:
    """The last step there is."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(url: URL) -> list[object]:
    """Where schemas and database differ, for those who write a step and for the tests."""
    from rumbl_core.accounts.user_token import UserToken
    from rumbl_core.attempts import Attempt
    from rumbl_core.multimedia import Video

    assert UserToken.metadata is Attempt.metadata is Video.metadata, "every schema is loaded"
    with _connection(url) as connection:
        found = compare_metadata(MigrationContext.configure(connection), Video.metadata)
    return [*found]


def _run(url: URL, work: Callable[[Config], None]) -> None:
    config = _config()
    with _connection(url) as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        work(config)


def _config() -> Config:
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
