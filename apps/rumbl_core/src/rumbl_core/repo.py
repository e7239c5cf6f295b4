"""The Repo: the only way to the database. Process-wide, safe to use from any thread.

Every function is one short trip: it borrows a connection, does one thing and gives it back. Rows come back
detached; what was not loaded raises. `transaction()` puts several trips of one thread into one transaction.

A write takes a changeset. A constraint that the changeset names becomes its error; any other violation is a
bug and raises `sqlalchemy.exc.IntegrityError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache, partial
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Integer,
    Select,
    Update,
    any_,
    bindparam,
    exc,
    func,
    literal,
    select,
)
from sqlalchemy import (
    delete as sql_delete,
)
from sqlalchemy import (
    update as sql_update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from rumbl_core import insertion
from rumbl_core.changeset import Changeset
from rumbl_core.errors import NotFound, StaleEntry, Unavailable
from rumbl_core.excerpt import Excerpt
from rumbl_core.result import Error, Ok
from rumbl_core.schema import Schema, keep_associations, stamps, stored_values

S = TypeVar("S", bound=Schema)
T = TypeVar("T")


class Store(Protocol):
    """Where sessions come from: the pool in production, one rolled-back connection in tests."""

    def session(self, *, transaction: bool) -> AbstractContextManager[Session]:
        """A session; with `transaction` it commits at the end, else each statement commits by itself."""

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection on which each statement commits by itself: a session costs more than it."""

    def close(self) -> None:
        """Give every connection back."""


_KEYS: Final = func.unnest(bindparam("keys", type_=ARRAY(Integer))).column_valued("key")
_ADVISORY_LOCK: Final = select(func.pg_advisory_xact_lock(bindparam("space", type_=Integer), _KEYS))
_store: Store | None = None
_current: ContextVar[Session | None] = ContextVar("rumbl_core_session", default=None)


def configure(store: Store | None) -> Store | None:
    """Use this store from now on; gives the one that was used before."""
    global _store
    before, _store = _store, store
    return before


def all(query: Select[T], parameters: Mapping[str, Any] | None = None) -> list[T]:
    """Every row of the query."""
    with _session() as session:
        return list(session.scalars(query, parameters))


def one(query: Select[T], parameters: Mapping[str, Any] | None = None) -> T | None:
    """The only row of the query, or None; raises sqlalchemy.exc.MultipleResultsFound, it never picks one."""
    with _session() as session:
        return session.scalars(query, parameters).one_or_none()


def one_or_raise(query: Select[T]) -> T:
    """The only row of the query; raises NotFound."""
    row = one(query)
    if row is None:
        raise NotFound
    return row


def rows(
    query: Select[*tuple[Any, ...]], parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Every row of a query of several columns, as tuples."""
    with _session() as session:
        return [tuple(row) for row in session.execute(query, parameters)]


def values(
    query: Select[*tuple[Any, ...]], parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """As `rows`, of columns alone: without objects it needs no session, which costs more than they do."""
    with _connection() as connection:
        return [tuple(row) for row in connection.execute(query, parameters)]


def get(schema: type[S], id: int | None) -> S | None:
    """The row of this id, or None."""
    if id is None:
        return None
    query, excerpt = _by_id(schema)
    return one_of(excerpt, query, {"id": id})


def one_of(
    excerpt: Excerpt[S], query: Select[*tuple[Any, ...]], parameters: Mapping[str, Any] | None = None
) -> S | None:
    """As `one`, of a query of the excerpt's columns: without a session, which costs more than the rest."""
    with _connection() as connection:
        row = connection.execute(query, parameters).one_or_none()
    return None if row is None else excerpt.objects([row])[0]


def count(query: Select[*tuple[Any, ...]]) -> int:
    """How many rows the query has."""
    with _session() as session:
        return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def insert(
    changeset: Changeset[S],
    lock: tuple[int, int] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Ok[S] | Error[Changeset[S]]:
    """Insert the changeset's data with its changes; Ok(row) or Error(changeset).

    `lock` is a key and a space as in `lock`, taken first and held until the row is committed. `parameters`
    are those of expressions among the changes.
    """
    schema = type(changeset.data)
    values = {
        **stamps(schema, "inserted_at", "updated_at"),
        **stored_values(changeset.data),
        **changeset.changes,
    }
    return _write(changeset, "insert", partial(_put, schema, values, parameters or {}), lock)


def update(changeset: Changeset[S]) -> Ok[S] | Error[Changeset[S]]:
    """Write only what changed; Ok(row) is a new object. Raises StaleEntry if the row is gone."""
    schema = type(changeset.data)
    if changeset.valid and not changeset.changes:
        return Ok(changeset.data)
    values = {**stamps(schema, "updated_at"), **changeset.changes}
    query = sql_update(schema).where(schema.id == changeset.data.id).values(values)
    result = _write(changeset, "update", partial(_run, schema, query))
    if isinstance(result, Ok):
        keep_associations(changeset.data, result.value)
    return result


def delete(row: S | Changeset[S]) -> Ok[S] | Error[Changeset[S]]:
    """Delete the row; a changeset may name the constraints that speak against it. Raises StaleEntry."""
    changeset = row if isinstance(row, Changeset) else Changeset(row)
    schema = type(changeset.data)
    query = sql_delete(schema).where(schema.id == changeset.data.id)
    return _write(changeset, "delete", partial(_run, schema, query))


def insert_new(schema: type[S], values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving out those that break a unique constraint (on conflict do nothing)."""
    times = stamps(schema, "inserted_at", "updated_at")
    with transaction():
        for row in values:
            run(*insertion.of_new(schema, {**times, **row}))


def among(column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that a column has one of these ids: one parameter, however many they are."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def chosen(column: InstrumentedAttribute[int], query: Select[int]) -> ColumnElement[bool]:
    """The condition that a column is among what a query locks and limits, asked once for the whole command.

    Within `IN (...)` PostgreSQL may ask such a query once a row, and lock other rows every time.
    """
    return column == any_(func.array(query.scalar_subquery()))


def database_time() -> ColumnElement[datetime]:
    """The database's clock as rows are stamped: UTC without a zone, in whole seconds."""
    return func.date_trunc("second", func.timezone("UTC", func.clock_timestamp()))


def deleted(command: ReturningDelete[T]) -> list[T]:
    """Run a deletion that returns something of each row."""
    with _session() as session:
        return list(session.scalars(command))


def changed(command: ReturningUpdate[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Run a change that returns something of each row."""
    with _session() as session:
        return [tuple(row) for row in session.execute(command)]


def run(command: Delete | Update | Insert, parameters: Mapping[str, Any] | None = None) -> int:
    """Run a command on many rows; how many it met."""
    with _connection() as connection:
        return connection.execute(command, parameters).rowcount


def lock(*keys: int, space: int = 0) -> None:
    """Wait for locks across the whole database; they end with the transaction that this is called in."""
    with _connection() as connection:
        _lock(connection, keys, space)


@contextmanager
def transaction() -> Iterator[None]:
    """What this thread does inside is committed together, or not at all. Inner ones join the outer."""
    if _current.get() is not None:
        yield
        return
    with translated(), _configured().session(transaction=True) as session:
        token = _current.set(session)
        try:
            yield
        finally:
            _current.reset(token)


def ping() -> None:
    """Ask the database for a sign of life; raises Unavailable."""
    values(select(1))


@contextmanager
def translated() -> Iterator[None]:
    """Tell "the database is away or busy" from every other error; raises Unavailable."""
    try:
        yield
    except exc.TimeoutError:
        raise Unavailable("no connection to the database became free in time") from None
    except exc.DBAPIError as error:
        away = isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated
        if not away:
            raise
        raise Unavailable(f"the database is away or too busy: {type(error.orig).__name__}") from error
    except exc.PendingRollbackError as error:
        raise Unavailable("the database went away in the middle of a transaction") from error
    except exc.InvalidRequestError as error:
        # SQLAlchemy has no class of its own for a pool that gave up replacing dead connections.
        if error.args != ("This connection is closed",):
            raise
        raise Unavailable("the database closes every connection") from error


def _write(
    changeset: Changeset[S],
    action: str,
    command: Callable[[Connection], S | None],
    lock: tuple[int, int] | None = None,
) -> Ok[S] | Error[Changeset[S]]:
    if not changeset.valid:
        return Error(changeset.put_action(action))
    try:
        with _writing(lock, refusable=bool(changeset.constraints)) as connection:
            row = command(connection)
    except exc.IntegrityError as error:
        refused = changeset.violated(_constraint(error))
        if refused is None:
            raise
        return Error(refused.put_action(action))
    if row is None:
        raise StaleEntry(f"{changeset.data!r} is gone")
    return Ok(row)


def _run(schema: type[S], command: Update | Delete, connection: Connection) -> S | None:
    """The row that it met, if there is one."""
    excerpt = _whole(schema)
    return next(iter(excerpt.objects(connection.execute(command.returning(*excerpt.columns)))), None)


def _put(
    schema: type[S], values: Mapping[str, Any], parameters: Mapping[str, Any], connection: Connection
) -> S:
    """The new row with what the database gave it. A session that makes the object takes twice the time."""
    command, plain = insertion.of(schema, values)
    made: S = _whole(schema).objects(connection.execute(command, {**plain, **parameters}))[0]
    return made


@contextmanager
def _writing(lock: tuple[int, int] | None, *, refusable: bool) -> Iterator[Connection]:
    """A connection for one writing statement, in a transaction if that is under a lock.

    Inside `transaction()` what is `refusable` has a savepoint, so that a refusal leaves it usable. Else none
    is needed, which saves two trips: outside, a refusal ends nothing but the statement.
    """
    inside = _current.get() is not None
    with ExitStack() as stack:
        if inside or lock is None:
            connection = stack.enter_context(_connection())
        else:
            stack.enter_context(translated())
            connection = stack.enter_context(_configured().session(transaction=True)).connection()
        if lock is not None:
            _lock(connection, lock[:1], lock[1])
        if inside and refusable:
            stack.enter_context(connection.begin_nested())
        yield connection


def _lock(connection: Connection, keys: Iterable[int], space: int) -> None:
    # Each key has 32 bits, an id more: folded, two ids may share a lock, and only wait needlessly.
    folded = {(key ^ (key >> 31)) & 0x7FFFFFFF for key in keys}
    connection.execute(_ADVISORY_LOCK, {"space": space, "keys": sorted(folded)})  # or two wait for each other


@cache
def _by_id(schema: type[S]) -> tuple[Select[*tuple[Any, ...]], Excerpt[S]]:
    """Built once per schema: users are fetched at every event of a channel."""
    excerpt = _whole(schema)
    return excerpt.select().where(schema.id == bindparam("id")), excerpt


@cache
def _whole(schema: type[S]) -> Excerpt[S]:
    return Excerpt(schema)


def _constraint(error: exc.IntegrityError) -> str | None:
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)


def _configured() -> Store:
    if _store is None:
        raise RuntimeError(
            "the repo isn't started: call rumbl_core.application.start(settings), "
            "or use the fixture `sandbox` of rumbl_core.testing"
        )
    return _store


@contextmanager
def _session() -> Iterator[Session]:
    """The session of the transaction that this thread is in, else a short one of its own."""
    current = _current.get()
    if current is not None:
        with translated():
            yield current
        current.expunge_all()  # so that the same row, read again, is another object
        return
    with translated(), _configured().session(transaction=False) as session:
        yield session


@contextmanager
def _connection() -> Iterator[Connection]:
    """The connection of the transaction that this thread is in, else one for a moment."""
    current = _current.get()
    if current is not None:
        with translated():
            yield current.connection()
        return
    with translated(), _configured().connection() as connection:
        yield connection
