"""The databases of test runs: as new for each of them, whatever the one before has left."""

import psycopg
import pytest
from sqlalchemy.engine import URL

from rumbl_core import accounts, leased, migrate
from rumbl_core.postgres import address
from rumbl_core.testing import user_fixture


def test_a_run_begins_without_what_a_killed_one_left(committed_database: str, rumbl_database: URL) -> None:
    user_fixture()
    assert accounts.list_users() != []

    leased.prepare(rumbl_database)

    assert accounts.list_users() == []


@pytest.mark.parametrize("steps", [None, 0, 1, 2])
def test_what_was_left_without_its_last_tables_gets_them(empty: URL, steps: int | None) -> None:
    if steps is None:
        with psycopg.connect(address.conninfo(empty.set(database="postgres")), autocommit=True) as server:
            server.execute(f"DROP DATABASE {empty.database}")
    elif steps:
        migrate.up(empty)
        migrate.down(empty, steps)

    for _ in range(2):
        leased.prepare(empty)
        assert migrate.version(empty) == migrate.latest()
    assert migrate.differences(empty) == []


def test_two_runs_have_not_the_same_one(rumbl_database: URL) -> None:
    with leased.database() as other:
        assert other.database != rumbl_database.database
        assert migrate.version(other) == migrate.latest()
