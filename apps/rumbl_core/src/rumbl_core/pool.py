"""The pool of connections that the repo borrows from in production."""

from __future__ import annotations

import os
import select
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from rumbl_core import waits

WAIT_S: Final = 5
"""Longest wait for a free connection, and for a new one to be made, in seconds."""
ANSWER_S: Final = 10.0
"""Longest wait for an answer. The server's own limit is shorter, so only a frozen server is given up."""
# The server itself ends what takes too long or forgets its transaction.
_LIMITS: Final = (
    "SET statement_timeout = '8s'; SET lock_timeout = '7s'; SET idle_in_transaction_session_timeout = '60s'"
)
# libpq's own parameters (s, the last one ms): a host that is gone is noticed after 10 s, not after hours.
_TCP: Final = {
    "keepalives_idle": "6",
    "keepalives_interval": "2",
    "keepalives_count": "2",
    "tcp_user_timeout": "10000",
}


class Pool:
    """At most `size` connections to one database; heals by itself when the server was restarted."""

    def __init__(self, url: URL, size: int) -> None:
        self._autocommit = make_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=_Queue,
            pool_size=size,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_use_lifo=True,
        )
        self._transactional = self._autocommit.execution_options(isolation_level="READ COMMITTED")
        event.listen(self._autocommit, "do_connect", _connect)
        event.listen(self._autocommit, "connect", _limit)
        event.listen(self._autocommit, "checkout", refuse_dead)
        _forget_after_fork(self._autocommit)

    @contextmanager
    def session(self, *, transaction: bool) -> Iterator[Session]:
        """A session on a connection of the pool; see `repo.Store`."""
        bind = self._transactional if transaction else self._autocommit
        with Session(bind, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session

    def connection(self) -> Connection:
        """A connection of the pool, to be given back; see `repo.Store`."""
        return self._autocommit.connect()

    def close(self) -> None:
        """Close every connection."""
        self._autocommit.dispose()


def make_engine(url: URL, **options: Any) -> Engine:
    """An engine on psycopg with rumbl's timeouts; what the address itself says wins."""
    wanted = {"connect_timeout": WAIT_S, "application_name": "rumbl", **_TCP}
    arguments = {name: value for name, value in wanted.items() if name not in url.query}
    # What a crash says goes into the log; the values of its statement may be secrets.
    return create_engine(url, connect_args=arguments, hide_parameters=True, **options)


class _Queue(QueuePool):
    """Connections for whoever comes first; says so when somebody has to wait for one.

    Also while one is made: SQLAlchemy lets others wait behind the first of all until it knows the database.
    """

    def _do_get(self) -> ConnectionPoolEntry:
        with nullcontext() if self.checkedin() else waits.waiting():
            return super()._do_get()


class Cursor(psycopg.Cursor[Any]):
    """A cursor that describes the columns of its rows only to who looks at them.

    SQLAlchemy does so once for each statement, and asks every time: a fifth of what psycopg does for a row.
    """

    @property
    def description(self) -> Any:
        """As psycopg's: a sequence of columns, or None where there are none."""
        result = self.pgresult
        return _Columns(self, result.nfields) if result and result.nfields else super().description


class _Columns(Sequence[psycopg.Column]):
    """The columns of a cursor's rows, each made when it is looked at."""

    def __init__(self, cursor: Cursor, number: int) -> None:
        self._cursor = cursor
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: Any) -> Any:
        return [psycopg.Column(self._cursor, each) for each in range(self._number)][index]


class _Connection(psycopg.Connection[Any]):
    """A connection that is closed when the server doesn't answer: one that is stopped never says so."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait as psycopg does, but `ANSWER_S` at most. Raises psycopg.OperationalError."""
        try:
            with waits.waiting():
                return super().wait(gen, interval, ANSWER_S if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()
            raise

    def commit(self) -> None:
        """Commit. SQLAlchemy asks for it after every statement, also where nothing was begun."""
        if self.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            super().commit()

    def rollback(self) -> None:
        """Roll back what was begun, if anything was."""
        if self.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            super().rollback()


def _connect(_dialect: object, _record: object, args: Any, parameters: Any) -> Any:
    with waits.waiting():
        return _Connection.connect(*args, cursor_factory=Cursor, **parameters)


def _limit(connection: Any, _record: object) -> None:
    before, connection.autocommit = connection.autocommit, True
    connection.execute(_LIMITS)
    connection.autocommit = before


def refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """Replace a connection that the server closed while it lay in the pool.

    An idle connection has nothing to say: if its socket is readable, that is the end of it. Looking costs a
    microsecond where a ping would cost a round trip.
    """
    poll = select.poll()
    try:
        poll.register(connection.pgconn.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        dead = bool(poll.poll(0))
    except (psycopg.Error, OSError, ValueError) as error:  # closed on our side
        raise exc.InvalidatePoolError("the connection is closed") from error
    if dead:
        raise exc.InvalidatePoolError("the server has closed the connection")


def _forget_after_fork(engine: Engine) -> None:
    """A child process must not talk on its parent's connections."""
    reference = weakref.ref(engine)

    def forget() -> None:
        if (inherited := reference()) is not None:
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=forget)
