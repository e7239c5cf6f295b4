"""Every test of rumbl_core may use its test kit."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import URL

from rumbl_core.postgres import address

pytest_plugins = ["rumbl_core.testing"]


@pytest.fixture
def empty(rumbl_database: URL) -> Iterator[URL]:
    """A database without tables."""
    url = rumbl_database.set(database=f"{rumbl_database.database}_empty")
    drop = f"DROP DATABASE IF EXISTS {url.database}"
    with psycopg.connect(address.conninfo(rumbl_database), autocommit=True) as connection:
        connection.execute(drop)
        address.create_database(url)
        yield url
        connection.execute(drop)
