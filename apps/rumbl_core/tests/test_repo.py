import os
import select as sockets
import signal
import threading
import time
from contextlib import suppress
from typing import cast

import psycopg
import pytest
from sqlalchemy import Integer, Select, column, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    CompileError,
    IntegrityError,
    InvalidatePoolError,
    MultipleResultsFound,
    ProgrammingError,
)
from sqlalchemy.orm import Session

from rumbl_core import accounts, migrate, multimedia, repo
from rumbl_core.accounts import User
from rumbl_core.changeset import change
from rumbl_core.errors import NotFound, Unavailable
from rumbl_core.excerpt import Excerpt
from rumbl_core.multimedia import Category, Video
from rumbl_core.pool import Cursor, Pool, make_engine
from rumbl_core.result import Error, Ok
from rumbl_core.testing import user_fixture, video_fixture


def lose(database: str) -> None:
    """Let the server end the connection of the transaction that this thread is in."""
    pid = repo.rows(select(func.pg_backend_pid()))[0][0]
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])


def wait_for_the_end(session: Session) -> None:
    """Until the server has closed the session's connection; reads nothing of it."""
    driver = session.connection().connection.dbapi_connection
    assert driver is not None
    assert sockets.select([driver.fileno()], [], [], 5)[0]


@pytest.mark.usefixtures("sandbox")
class TestRows:
    def test_count_and_rows(self) -> None:
        user_fixture(username="a")
        user_fixture(username="b")
        query = select(User).order_by(User.username)
        assert repo.count(query) == 2
        assert repo.rows(select(User.username, func.length(User.username)).order_by(User.id)) == [
            ("a", 1),
            ("b", 1),
        ]

    def test_one_or_raise(self) -> None:
        with pytest.raises(NotFound):
            repo.one_or_raise(select(User))

    def test_one_of_many_is_never_picked(self) -> None:
        everybody = Excerpt(User)
        assert repo.one_of(everybody, everybody.select()) is None
        user = user_fixture()
        assert repo.one_of(everybody, everybody.select()) == user
        user_fixture()
        with pytest.raises(MultipleResultsFound):
            repo.one_of(everybody, everybody.select())

    def test_an_update_without_changes_writes_nothing(self) -> None:
        user = user_fixture()
        assert repo.update(change(user)) == Ok(user)

    def test_an_invalid_changeset_never_reaches_the_database(self) -> None:
        result = repo.update(change(user_fixture()).add_error("name", "no"))
        assert isinstance(result, Error)
        assert result.reason.action == "update"

    @pytest.mark.trap(12)
    def test_a_violation_that_is_not_named_crashes(self) -> None:
        user_fixture(username="eva")
        with pytest.raises(IntegrityError, match="users_username_index"):
            repo.insert(change(User(name="x", username="eva")))

    def test_a_crash_tells_the_log_no_values(self) -> None:
        user_fixture(username="eva")
        with pytest.raises(IntegrityError) as crash:
            repo.insert(change(User(name="x", username="eva", password_hash="a hash of hers")))
        assert "a hash of hers" not in str(crash.value)

    def test_a_change_of_what_is_no_column_crashes(self) -> None:
        user = user_fixture()
        with pytest.raises(CompileError, match="surname"):
            repo.update(change(user).put_change("surname", "of nobody"))
        with pytest.raises(CompileError, match="surname"):
            repo.insert(change(User(name="x", username="eva")).put_change("surname", "of nobody"))
        assert repo.all(select(User)) == [user]

    def test_a_named_constraint_may_speak_against_a_deletion(self) -> None:
        category = multimedia.create_category_or_raise("Action")
        video = video_fixture(user_fixture(), category_id=category.id)
        with repo.transaction():
            repo._current.get().execute(  # type: ignore[union-attr]
                text(
                    "ALTER TABLE videos DROP CONSTRAINT videos_category_id_fkey, ADD CONSTRAINT "
                    "videos_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories"
                )
            )
        wanted = change(category).foreign_key_constraint("videos", "videos_category_id_fkey", "still exist")
        result = repo.delete(wanted)
        assert isinstance(result, Error)
        assert result.reason.errors_on() == {"videos": ["still exist"]}
        assert repo.get(Video, video.id) == video

    def test_rows_are_equal_when_they_are_the_same_row(self) -> None:
        user = user_fixture()
        assert accounts.get_user(user.id) == user
        assert len({user, accounts.get_user(user.id)}) == 1
        assert User() != User()
        assert user != Category(id=user.id)


class TestWithoutStart:
    def test_says_how_to_start(self) -> None:
        with pytest.raises(RuntimeError, match=r"application\.start"):
            accounts.get_user(1)


@pytest.mark.usefixtures("committed_database")
class TestTransaction:
    @staticmethod
    def interrupted() -> None:
        with repo.transaction():
            user_fixture()
            raise ZeroDivisionError

    def test_commits_together_or_not_at_all(self) -> None:
        with pytest.raises(ZeroDivisionError):
            self.interrupted()
        assert accounts.list_users() == []
        with repo.transaction(), repo.transaction():
            user = user_fixture()
        assert accounts.list_users() == [user]

    def test_a_refusal_inside_does_not_end_it(self) -> None:
        with repo.transaction():
            user_fixture(username="eva")
            attrs = {"name": "x", "username": "eva", "password": "secret"}
            assert isinstance(accounts.register_user(attrs), Error)
            user_fixture(username="max")
        assert [user.username for user in accounts.list_users()] == ["eva", "max"]

    def test_several_locks_are_held_to_its_end(self) -> None:
        held = text("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = 99 ORDER BY objid")
        query = cast("Select[int]", held.columns(column("objid", Integer)))
        with repo.transaction():
            repo.lock(7, 3, 7, 5, space=99)
            assert repo.values(query) == [(3,), (5,), (7,)]
        assert repo.values(query) == []

    def test_several_locks_are_taken_in_their_order(self, committed_database: str) -> None:
        def take() -> None:
            with repo.transaction():
                repo.lock(7, 5, space=99)

        held = "SELECT objid, granted FROM pg_locks WHERE locktype = 'advisory' AND classid = 99"
        taking = threading.Thread(target=take)
        with psycopg.connect(committed_database) as other:
            other.execute("SELECT pg_advisory_xact_lock(99, 5)")
            taking.start()
            deadline = time.monotonic() + 5
            while len(seen := other.execute(held).fetchall()) < 2 and time.monotonic() < deadline:
                time.sleep(0.005)
        taking.join()
        assert sorted(seen) == [(5, False), (5, True)]

    def test_other_threads_are_not_in_it(self) -> None:
        seen: list[int] = []
        with repo.transaction():
            user_fixture()
            thread = threading.Thread(target=lambda: seen.append(repo.count(select(User))))
            thread.start()
            thread.join()
        assert seen == [0]


class TestPool:
    def test_columns_are_described_as_psycopg_does_it(self, committed_database: str) -> None:
        with (
            psycopg.connect(committed_database) as connection,
            Cursor(connection) as ours,
            psycopg.Cursor(connection) as theirs,
        ):
            for query in ("SELECT 1 AS one, 'text' AS two", "SELECT", "SET lock_timeout = 0"):
                described = [cursor.execute(query).description for cursor in (theirs, ours)]
                plain, lazy = [
                    None if one is None else [tuple(column) for column in one] for one in described
                ]
                assert lazy == plain

    def test_heals_when_the_server_closes_its_connections(self, committed_database: str) -> None:
        repo.ping()
        with psycopg.connect(committed_database, autocommit=True) as other:
            ended = other.execute(
                "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity "
                "WHERE application_name = 'rumbl' AND datname = current_database()"
            ).fetchone()
        assert ended is not None
        assert ended[0] >= 1
        user = user_fixture()
        assert accounts.list_users() == [user], "not even one call fails"

    def test_columns_are_read_on_another_connection_then(self, committed_database: str) -> None:
        user = user_fixture()
        lose(committed_database)
        assert repo.values(select(User.id, User.username)) == [(user.id, user.username)]

    def test_a_full_pool_is_unavailable_after_a_while(
        self, committed_database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rumbl_core.pool.WAIT_S", 1)
        url = make_url(committed_database).set(drivername="postgresql+psycopg")
        pool = Pool(url, size=1)
        before = repo.configure(pool)
        try:
            with pool.session(transaction=False) as session:
                session.execute(select(1))
                with pytest.raises(Unavailable):
                    repo.ping()
            repo.ping()
        finally:
            repo.configure(before)
            pool.close()

    def test_a_server_that_is_away_is_unavailable(self) -> None:
        pool = Pool(make_url("postgresql+psycopg://x@127.0.0.1:1/x"), size=1)
        before = repo.configure(pool)
        try:
            with pytest.raises(Unavailable):
                repo.ping()
            with pytest.raises(Unavailable):
                repo.values(select(User.id, User.username))
        finally:
            repo.configure(before)
            pool.close()

    def test_a_connection_lost_in_a_transaction_is_unavailable(self, committed_database: str) -> None:
        def read() -> None:
            with repo.transaction():
                lose(committed_database)
                accounts.list_users()

        def write() -> None:
            with repo.transaction():
                lose(committed_database)
                user_fixture()

        def swallow() -> None:
            with repo.transaction():
                lose(committed_database)
                with suppress(Unavailable):
                    user_fixture()
                user_fixture()

        def commit() -> None:
            with repo.transaction():
                user_fixture()
                lose(committed_database)

        for work in (read, write, swallow, commit):
            with pytest.raises(Unavailable):
                work()
            assert accounts.list_users() == [], "the next one works again"

    @pytest.mark.usefixtures("committed_database")
    def test_so_is_one_that_the_server_ends_for_idling(self) -> None:
        def idle() -> None:
            with repo.transaction():
                session = repo._current.get()
                assert session is not None
                session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
                wait_for_the_end(session)
                accounts.list_users()

        with pytest.raises(Unavailable):
            idle()

    def test_a_server_that_goes_away_at_every_try_is_unavailable(self, committed_database: str) -> None:
        pool = Pool(make_url(committed_database).set(drivername="postgresql+psycopg"), size=1)

        def gone(*_: object) -> None:
            raise InvalidatePoolError("gone again")

        event.listen(pool._autocommit, "checkout", gone)
        before = repo.configure(pool)
        try:
            with pytest.raises(Unavailable):
                repo.ping()
        finally:
            repo.configure(before)
            pool.close()

    @pytest.mark.usefixtures("committed_database")
    @pytest.mark.skipif("RUMBL_TEST_DATABASE_URL" in os.environ, reason="stops a process of the server")
    def test_a_frozen_server_is_unavailable_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rumbl_core.pool.ANSWER_S", 0.5)

        def freeze() -> None:
            with repo.transaction():
                pid = repo.rows(select(func.pg_backend_pid()))[0][0]
                os.kill(pid, signal.SIGSTOP)
                try:
                    accounts.list_users()
                finally:
                    os.kill(pid, signal.SIGCONT)

        begun = time.monotonic()
        with pytest.raises(Unavailable):
            freeze()
        assert time.monotonic() - begun < 5
        repo.ping()

    def test_a_lost_network_is_noticed_by_the_kernel(self, committed_database: str) -> None:
        url = make_url(committed_database).set(drivername="postgresql+psycopg")
        engine = make_engine(url.update_query_dict({"keepalives_idle": "7"}))
        with engine.connect() as connection:
            given = connection.connection.dbapi_connection.info.get_parameters()
        engine.dispose()
        assert (given["tcp_user_timeout"], given["keepalives_count"]) == ("10000", "2")
        assert given["keepalives_idle"] == "7", "what the address says wins"

    def test_a_bug_stays_a_bug(self, committed_database: str) -> None:
        with pytest.raises(ProgrammingError), repo.transaction():
            repo._current.get().execute(text("SELECT nothing"))  # type: ignore[union-attr]
        repo.ping()

    def test_no_statement_runs_for_ever(self, committed_database: str) -> None:
        with repo.transaction():
            limit = repo._current.get().scalar(text("SHOW statement_timeout"))  # type: ignore[union-attr]
        assert limit == "8s"


def test_the_schemas_are_what_the_migrations_make(committed_database: str) -> None:
    url = make_url(committed_database).set(drivername="postgresql+psycopg")
    assert migrate.differences(url) == []
