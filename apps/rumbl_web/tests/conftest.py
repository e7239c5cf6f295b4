"""Every test of rumbl_web may use the test kits of the domain and of the pages."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

pytest_plugins = ["rumbl_core.testing", "rumbl_web.testing"]


@pytest.fixture
def count_queries(rumbl_connection: Connection) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_queries() as queries:` collects the SELECTs that the block makes."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        queries: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                queries.append(statement)

        event.listen(rumbl_connection, "before_cursor_execute", note)
        try:
            yield queries
        finally:
            event.remove(rumbl_connection, "before_cursor_execute", note)

    return counting
