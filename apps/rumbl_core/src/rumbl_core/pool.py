"""The pool of connections that the repo borrows from in production."""

from __future__ import annotations

import os
import select
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

WAIT_S: Final = 5
"""Longest wait for a free connection, and for a new one to be made, in seconds."""
# The server itself ends what takes too long or forgets its transaction.
_LIMITS: Final = (
    "SET statement_timeout = '15s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'"
)


class Pool:
    """At most `size` connections to one database; heals by itself when the server was restarted."""

    def __init__(self, url: URL, size: int) -> None:
        self._autocommit = make_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=size,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_use_lifo=True,
        )
        self._transactional = self._autocommit.execution_options(isolation_level="READ COMMITTED")
        event.listen(self._autocommit, "connect", _limit)
        event.listen(self._autocommit, "checkout", refuse_dead)
        _forget_after_fork(self._autocommit)

    @contextmanager
    def session(self, *, transaction: bool) -> Iterator[Session]:
        """A session on a connection of the pool; see `repo.Store`."""
        bind = self._transactional if transaction else self._autocommit
        with Session(bind, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every connection."""
        self._autocommit.dispose()


def make_engine(url: URL, **options: Any) -> Engine:
    """An engine on psycopg with rumbl's connect timeout."""
    return create_engine(
        url, connect_args={"connect_timeout": WAIT_S, "application_name": "rumbl"}, **options
    )


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
