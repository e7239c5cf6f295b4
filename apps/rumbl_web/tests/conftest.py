"""Every test of rumbl_web may use the test kits of the domain and of the pages."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from rumbl_web.phoenix import mistakes

pytest_plugins = ["rumbl_core.testing", "rumbl_web.testing"]

QueryCounter = Callable[[], AbstractContextManager[list[str]]]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Workers are forks: pages that each of them would compile for itself are compiled before."""
    if session.config.getoption("workers", 0):
        session.config.pluginmanager.get_plugin("rumbl_web.testing").compile_pages()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """A process says few lines a second about mistakes: none of them are used up by the tests before."""
    mistakes.report = mistakes.Mistakes().report  # a fixture for this would take every test longer


@pytest.fixture
def count_queries(rumbl_engine: Engine) -> Iterator[QueryCounter]:
    """`with count_queries() as queries:` collects the statements of the block.

    Ask for it before `client` and the like: a connection hears only of listeners that are older than itself.
    """
    with counting_queries(rumbl_engine) as counter:
        yield counter


@pytest.fixture(scope="module")
def count_all_queries(rumbl_engine: Engine) -> Iterator[QueryCounter]:
    """The same for a module; ask for it before `lasting_sandbox`."""
    with counting_queries(rumbl_engine) as counter:
        yield counter


@contextmanager
def counting_queries(engine: Engine) -> Iterator[QueryCounter]:
    made: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):  # of the sandbox
            made.append(statement)

    @contextmanager
    def counting() -> Iterator[list[str]]:
        block: list[str] = []
        before = len(made)
        yield block
        block.extend(made[before:])

    event.listen(engine, "before_cursor_execute", note)
    yield counting
    event.remove(engine, "before_cursor_execute", note)
