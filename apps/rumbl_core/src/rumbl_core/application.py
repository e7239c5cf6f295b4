"""Starting rumbl_core: a database, its pool, and the repo on it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import URL

from rumbl_core import migrate, password, repo, seeds, waits
from rumbl_core.pool import Pool
from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres
from rumbl_core.postgres.watch import Watch
from rumbl_core.settings import Settings

DATABASE: Final = "rumbl"
"""Name of the database in the embedded PostgreSQL."""


class Application:
    """A started rumbl_core; made by `start`. An embedded PostgreSQL that dies meanwhile is started again."""

    def __init__(self, settings: Settings, url: URL, embedded: EmbeddedPostgres | None) -> None:
        self.settings = settings
        self.url = url
        self._embedded = embedded
        self._watch = Watch(embedded) if embedded is not None else None
        self._pool: Pool | None = Pool(url, settings.pool_size)
        repo.configure(self._pool)

    def migrate(self) -> None:
        """Bring the database up to date; safe in several processes at once."""
        migrate.up(self.url)

    def rollback(self) -> None:
        """Take the last migration back."""
        migrate.down(self.url)

    def reset(self) -> None:
        """Empty the database and bring it up to date again: all data is gone."""
        migrate.all_down(self.url)
        self.migrate()

    def seed(self, *, demo: bool = True) -> None:
        """Put in what rumbl needs, and the demo; safe to repeat, also in several processes at once."""
        seeds.run(demo_password=self.settings.demo_password, demo=demo)

    def ping(self) -> None:
        """Ask the database for a sign of life; raises Unavailable."""
        repo.ping()

    def stop(self) -> None:
        """Close the pool, and stop the embedded PostgreSQL if nobody else uses it. May be called twice."""
        if self._pool is None:
            return
        repo.configure(None)
        waits.configure(waits.SILENT)
        self._pool.close()
        self._pool = None
        if self._watch is not None:
            self._watch.stop()
        if self._embedded is not None:
            self._embedded.stop()


def start(settings: Settings, around_waits: waits.Around = waits.SILENT) -> Application:
    """Start everything; raises StartError with one line that says what is wrong and what to do.

    `around_waits` is entered by each thread around what it waits for here, such as the database's answer.
    """
    password.configure(settings.password_cost)
    waits.configure(around_waits)
    if settings.database_url is not None:
        url = address.parse(settings.database_url)
        address.ensure_database(url)
        return Application(settings, url, None)
    embedded = EmbeddedPostgres(settings.data_dir)
    url = embedded.start().set(database=DATABASE)
    try:
        address.ensure_database(url)
    except BaseException:
        embedded.stop()
        raise
    return Application(settings, url, embedded)
