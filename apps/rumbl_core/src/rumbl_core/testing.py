"""The test kit: pytest fixtures and factories for everybody who tests on rumbl_core.

Put `pytest_plugins = ["rumbl_core.testing"]` into a conftest, then let a test ask for one of

- `sandbox`: the test runs in a transaction that is rolled back. Only the test's own thread may use the repo.
- `lasting_sandbox`: one such transaction for all tests of a module, for rows that are costly to make. What
  a test writes it undoes by `with lasting_sandbox.undone():`. No test of that module may ask for another one.
- `shared_sandbox`: the same, but every thread of the process uses the test's transaction, one at a time. So a
  server's threads see what the test wrote. A test has to end what it began in other threads (close its
  sockets, wait for its tasks) before it returns: what comes later finds no repo and fails.
- `committed_database`: a real pool and real commits, for tests of concurrency; all tables are emptied
  afterwards. Its value is the address as text, for processes that the test starts.
- `password_checks`: the list of the costs of all passwords that are looked at during the test.
- `own_server`: a PostgreSQL that is this test's alone, to be broken (`OwnServer`).
- `database_away`: no database at all: whatever asks the repo raises `Unavailable`.

Every test run, and every worker of a parallel one, leases a database of its own, so runs never meet. They
are made once, and again when a migration changes. They live in a PostgreSQL of the tests' own, in the folder
RUMBL_TEST_DATA (default: one in the temporary folder); or in the server of RUMBL_TEST_DATABASE_URL.
"""

from __future__ import annotations

import itertools
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import psycopg
import pytest
from sqlalchemy import BigInteger, Connection, Engine, Select, column, event, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from rumbl_core import accounts, leased, multimedia, password, repo
from rumbl_core.accounts import User
from rumbl_core.backend_seeds import reserved
from rumbl_core.changeset import Changeset
from rumbl_core.multimedia import Annotation, Video
from rumbl_core.own_server import OwnServer
from rumbl_core.pool import Cursor, Pool, make_engine, refuse_dead
from rumbl_core.postgres import address
from rumbl_core.result import Error, Ok
from rumbl_core.schema import Schema

_WAIT_S: Final = 10.0
_NOTES: Final = text("""
    WITH new AS (
        SELECT nextval(pg_get_serial_sequence('annotations', 'id')) AS id, body, at
        FROM unnest(CAST(:bodies AS text[]), CAST(:times AS integer[])) AS note (body, at)
    )
    INSERT INTO annotations (id, body, at, user_id, video_id, prev_id, inserted_at)
    SELECT id, body, at, :user_id, :video_id,
        coalesce(lag(id) OVER (ORDER BY id), (SELECT max(id) FROM annotations WHERE video_id = :video_id)),
        date_trunc('second', timezone('UTC', clock_timestamp()))
    FROM new ORDER BY id RETURNING id
""").columns(column("id", BigInteger))
S = TypeVar("S", bound=Schema)
_numbers = itertools.count(1)


class _Inside(psycopg.Connection[Any]):
    """Between `enter` and `leave` in one transaction: a commit or rollback means what came since the last.

    One savepoint stands at the last commit. What only reads leaves it where it is: no trip of its own.
    """

    inside = False
    changed = False

    def enter(self) -> None:
        """Begin the transaction."""
        self._say(b"BEGIN; SAVEPOINT sandbox")
        self.inside, self.changed = True, False

    def commit(self) -> None:
        """Keep what was written until `leave`."""
        if not self.inside:
            super().commit()
        elif self.changed:
            self._say(b"RELEASE sandbox; SAVEPOINT sandbox")
            self.changed = False

    def rollback(self) -> None:
        """Undo what was done since the last commit."""
        if not self.inside:
            super().rollback()
        else:
            self._say(b"ROLLBACK TO sandbox")
            self.changed = False

    def mark(self) -> None:
        """Begin a block that can be undone; there may be one within another."""
        self._say(b"RELEASE sandbox; SAVEPOINT mark; SAVEPOINT sandbox")
        self.changed = False

    def undo(self) -> None:
        """Undo the block that began last, commits and all."""
        self._say(b"ROLLBACK TO mark; RELEASE mark; SAVEPOINT sandbox")
        self.changed = False

    def leave(self) -> None:
        """Undo everything."""
        self.inside = False
        self._say(b"ROLLBACK")

    def _say(self, command: bytes) -> None:
        """Past psycopg, which would forget all prepared statements at each ROLLBACK. Those stay good."""
        done = self.pgconn.exec_(command)
        if done.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(done.get_error_message())


class _Noting(Cursor):
    """Notes on its connection what may have changed something."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> _Noting:
        """Execute as any cursor does."""
        if isinstance(self.connection, _Inside) and not str(query).startswith("SELECT"):
            self.connection.changed = True
        super().execute(query, *args, **kwargs)
        return self


class Sandbox:
    """A store of the repo on one connection whose transaction is never committed."""

    def __init__(self, connection: Connection, *, shared: bool) -> None:
        self._connection = connection
        self._inside().enter()
        self._owner = None if shared else threading.get_ident()
        self._lock = threading.RLock()

    @contextmanager
    def session(self, *, transaction: bool) -> Iterator[Session]:
        """A session that commits to the sandbox; see `repo.Store`. Waits 10 s at most for other threads."""
        with (
            self._mine(),
            Session(self._connection, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo, at its end, what the block writes. Blocks may be nested, not overlap."""
        self._inside().mark()
        try:
            yield
        finally:
            self._inside().undo()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection of such a session."""
        with self._mine():
            if self._connection.in_transaction():
                yield self._connection
            else:
                with self._connection.begin():
                    yield self._connection

    def close(self) -> None:
        """Roll everything back, once no thread is in the middle of something."""
        with self._alone():
            self._inside().leave()

    def _inside(self) -> _Inside:
        return cast("_Inside", self._connection.connection.dbapi_connection)

    def _mine(self) -> AbstractContextManager[None]:
        """The turn of this thread, if it may have one."""
        if self._owner not in {None, threading.get_ident()}:
            raise RuntimeError("this thread doesn't own the sandbox: use the fixture `shared_sandbox`")
        return self._alone()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=_WAIT_S):
            raise RuntimeError("another thread uses the sandbox for 10 s; does it wait for this one?")
        try:
            yield
        finally:
            self._lock.release()


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL that is this test's alone."""
    # Not in pytest's folder: its next run, by root, would close that to the account that runs PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="rumbl-own-server-") as folder:
        server = OwnServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def database_away() -> Iterator[None]:
    """The repo's database is a port that nobody listens on."""
    pool = Pool(address.parse("postgresql://rumbl@127.0.0.1:1/rumbl"), size=1)
    before = repo.configure(pool)
    try:
        yield
    finally:
        repo.configure(before)
        pool.close()


@pytest.fixture(scope="session")
def rumbl_database() -> Iterator[URL]:
    """Address of a migrated database that is this run's alone."""
    with leased.database() as url:
        yield url


@pytest.fixture(scope="session")
def rumbl_engine(rumbl_database: URL) -> Iterator[Engine]:
    """The engine with the one connection that all sandboxes of this run use, one after the other."""
    engine = make_engine(rumbl_database, pool_size=1, max_overflow=0)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", refuse_dead)
    yield engine
    engine.dispose()


@pytest.fixture
def sandbox(rumbl_engine: Engine) -> Iterator[Sandbox]:
    """The repo in a transaction of this test's thread, rolled back at the end."""
    with _sandboxed(rumbl_engine, shared=False) as box:
        yield box


@pytest.fixture(scope="module")
def lasting_sandbox(rumbl_engine: Engine) -> Iterator[Sandbox]:
    """The repo in a transaction of this module's tests, rolled back after the last one."""
    with _sandboxed(rumbl_engine, shared=False) as box:
        yield box


@pytest.fixture
def shared_sandbox(rumbl_engine: Engine) -> Iterator[Sandbox]:
    """The repo in a transaction that every thread shares, rolled back at the end."""
    with _sandboxed(rumbl_engine, shared=True) as box:
        yield box


@pytest.fixture
def committed_database(rumbl_database: URL) -> Iterator[str]:
    """The repo on a real pool with real commits; all tables are emptied at the end. Gives the address."""
    password.configure("cheap")
    pool = Pool(rumbl_database, size=10)
    before = repo.configure(pool)
    try:
        yield rumbl_database.set(drivername="postgresql").render_as_string(hide_password=False)
    finally:
        repo.configure(before)
        pool.close()
        with psycopg.connect(address.conninfo(rumbl_database)) as connection:
            leased.empty(connection)


class _Witness:
    """The real hasher, with a note of the cost of each hash that a password is compared with."""

    def __init__(self, hasher: Any, seen: list[str]) -> None:
        self._hasher = hasher
        self._seen = seen

    def verify(self, password_hash: str, guess: bytes) -> bool:
        self._seen.append(password_hash.rsplit("$", 2)[0])
        return bool(self._hasher.verify(password_hash, guess))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


@pytest.fixture
def password_checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each comparison of a password cost in this test: `$argon2id$v=19$m=8,t=1,p=1`."""
    seen: list[str] = []
    monkeypatch.setattr(password, "_hasher", _Witness(password._hasher, seen))
    return seen


def user_fixture(**attrs: object) -> User:
    """A registered user with the password `supersecret`; given attributes win.

    With a name that is reserved, such as `wolfram`, it is a user without a password.
    """
    number = next(_numbers)
    wanted = {"name": "Some User", "username": f"user{number}", "password": "supersecret", **attrs}
    if reserved(str(wanted["username"])):
        return _sure(accounts.create_user(wanted))
    return _sure(accounts.register_user(wanted))


def video_fixture(user: User, **attrs: object) -> Video:
    """A video of the user; given attributes win."""
    wanted = {"title": "A Title", "url": "http://example.com", "description": "a description", **attrs}
    return _sure(multimedia.create_video(user, wanted))


def annotation_fixture(user: User, video: Video, **attrs: object) -> Annotation:
    """A note of the user on the video, at its start; given attributes win."""
    return _sure(multimedia.annotate_video(user, video.id, {"body": "a note", "at": 0, **attrs}))


def annotations_fixture(user: User, video: Video, notes: Sequence[tuple[str, int]]) -> list[int]:
    """Ids of notes of the user on the video, each a body and a time in ms, as if written one by one."""
    row = Annotation(user_id=user.id, video_id=video.id)
    for body, at in notes:
        judged = Annotation.changeset(row, {"body": body, "at": at})
        assert judged.valid, f"the fixture was refused: {judged.errors_on()}"
    bodies, times = zip(*notes, strict=True)
    given = {"bodies": list(bodies), "times": list(times), "user_id": user.id, "video_id": video.id}
    return [id for (id,) in repo.values(cast("Select[int]", _NOTES), given)]


def _sure(result: Ok[S] | Error[Changeset[S]]) -> S:
    match result:
        case Ok(value):
            return value
        case Error(changeset):
            raise AssertionError(f"the fixture was refused: {changeset.errors_on()}")


@contextmanager
def _sandboxed(engine: Engine, *, shared: bool) -> Iterator[Sandbox]:
    password.configure("cheap")  # whatever a test that started an application has left
    with engine.connect() as connection:
        box = Sandbox(connection, shared=shared)
        before = repo.configure(box)
        try:
            yield box
        finally:
            repo.configure(before)
            box.close()


def _connect(_dialect: object, _record: object, args: Any, parameters: Any) -> _Inside:
    return _Inside.connect(*args, cursor_factory=_Noting, **parameters)
