"""Every test of rumbl_core may use its test kit."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from rumbl_core import repo
from rumbl_core.postgres import address

if TYPE_CHECKING:
    from rumbl_core.testing import Sandbox

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


@pytest.fixture
def badly_planned(sandbox: "Sandbox") -> None:
    """The sandbox, with a database that loops over rows where it can; it may choose to at any time."""
    for way in ("hashagg", "hashjoin", "mergejoin", "material", "sort"):
        repo.run(text(f"SET LOCAL enable_{way} = off"))  # type: ignore[arg-type]
