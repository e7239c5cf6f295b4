"""Around which waits a site is told that a thread waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from rumbl_core import waits
from rumbl_core.errors import Unavailable
from rumbl_core.pool import Pool
from rumbl_core.quiet_threads import QuietThreads
from rumbl_core.repo import translated

DEADLINE_S = 5.0


class Told:
    """How often somebody began to wait, and who waits now."""

    def __init__(self) -> None:
        self.times = 0
        self.waiting: list[int] = []
        self.somebody = threading.Event()

    @contextmanager
    def around(self) -> Iterator[None]:
        self.times += 1
        self.waiting.append(threading.get_ident())
        self.somebody.set()
        try:
            yield
        finally:
            self.waiting.remove(threading.get_ident())


@pytest.fixture
def told() -> Iterator[Told]:
    listener = Told()
    waits.configure(listener.around)
    yield listener
    waits.configure(waits.SILENT)


@pytest.fixture
def pool(committed_database: str, told: Told) -> Iterator[Pool]:
    made = Pool(make_url(committed_database).set(drivername="postgresql+psycopg"), size=1)
    with made.connection() as connection:
        connection.execute(text("SELECT 1"))
    told.times = 0
    told.somebody.clear()
    yield made
    made.close()


def test_a_thread_waits_for_each_answer_of_the_database(pool: Pool, told: Told) -> None:
    with pool.connection() as connection:
        assert told.times == 0, "a connection lay there"
        connection.execute(text("SELECT 1"))
        assert told.times == 1
        connection.execute(text("SELECT 2"))
    assert told.times == 2
    assert not told.waiting


def test_a_thread_waits_for_a_connection_when_all_are_lent(pool: Pool, told: Told) -> None:
    with pool.connection() as lent:
        other = threading.Thread(target=lambda: pool.connection().close())
        other.start()
        assert told.somebody.wait(DEADLINE_S)
        assert told.waiting == [other.ident]
        lent.close()
        other.join(DEADLINE_S)
    assert not told.waiting


def test_a_thread_waits_while_a_connection_is_made_ready(committed_database: str, told: Told) -> None:
    """SQLAlchemy lets all others wait behind the first one, until that has told it what database it is."""
    cold, waited = Pool(make_url(committed_database).set(drivername="postgresql+psycopg"), size=2), []
    event.listen(cold._autocommit, "connect", lambda *_: waited.append(threading.get_ident() in told.waiting))

    with cold.connection(), cold.connection():
        pass

    assert waited == [True, True]
    assert not told.waiting
    cold.close()


def test_a_thread_waits_for_the_hash_of_a_password(told: Told) -> None:
    quiet = QuietThreads(1, waiting=0, wait_s=DEADLINE_S)

    assert quiet.run(lambda: list(told.waiting)) == [threading.get_ident()]


def test_what_fails_is_no_longer_waited_for(told: Told) -> None:
    with pytest.raises(ZeroDivisionError):
        QuietThreads(1, waiting=0, wait_s=DEADLINE_S).run(lambda: 1 // 0)

    assert not told.waiting


def test_a_database_that_can_not_be_reached_was_waited_for(told: Told) -> None:
    pool = Pool(make_url("postgresql+psycopg://x@127.0.0.1:1/x"), size=1)
    with pytest.raises(Unavailable), translated():
        pool.connection()

    assert told.times
    assert not told.waiting
