"""The test kit itself. The tests of one class leave something behind that the next must not find."""

import os
import threading

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, ProgrammingError

from rumbl_core import accounts, attempts, multimedia, password, repo
from rumbl_core.attempts import State
from rumbl_core.errors import Unavailable
from rumbl_core.postgres import address
from rumbl_core.result import Ok
from rumbl_core.testing import (
    Sandbox,
    annotation_fixture,
    annotations_fixture,
    user_fixture,
    video_fixture,
)


def in_a_thread(work: object) -> list[object]:
    """What `work()` gives, or raises, in a thread of its own."""
    seen: list[object] = []

    def run() -> None:
        try:
            seen.append(work())  # type: ignore[operator]
        except RuntimeError as error:
            seen.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=15)
    return seen


class TestSandbox:
    @pytest.mark.parametrize("turn", [1, 2])
    def test_every_test_starts_empty(self, sandbox: Sandbox, turn: int) -> None:
        assert accounts.list_users() == []
        user_fixture(username="eva")

    def test_nobody_else_sees_what_is_in_it(self, sandbox: Sandbox, rumbl_database: URL) -> None:
        user_fixture()
        with psycopg.connect(address.conninfo(rumbl_database)) as other:
            assert other.execute("SELECT count(*) FROM users").fetchone() == (0,)

    def test_a_refusal_undoes_no_more_than_its_own_statement(self, sandbox: Sandbox) -> None:
        kept = user_fixture(username="eva")
        with pytest.raises(AssertionError, match="taken"):
            user_fixture(username="eva")
        assert accounts.list_users() == [kept]
        later = user_fixture(username="max")
        with pytest.raises(ProgrammingError):
            repo.all(select(text("no_such_column")))
        assert accounts.list_users() == [kept, later]

    def test_a_transaction_is_kept_or_undone_as_a_whole(self, sandbox: Sandbox) -> None:
        kept = user_fixture(username="eva")
        with pytest.raises(AssertionError, match="taken"), repo.transaction():
            _ = [user_fixture(username=name) for name in ("max", "eva")]
        assert accounts.list_users() == [kept]
        with repo.transaction():
            later = user_fixture(username="max")
            accounts.list_users()
        with pytest.raises(ProgrammingError):
            repo.all(select(text("no_such_column")))
        assert accounts.list_users() == [kept, later]

    def test_reading_is_one_trip_to_the_database(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trips = []
        wait = psycopg.Connection.wait
        monkeypatch.setattr("psycopg.Connection.wait", lambda *args: trips.append(1) or wait(*args))
        accounts.list_users()
        assert len(trips) == 1

    def test_a_transaction_that_a_test_has_ended_itself_is_missed(self, sandbox: Sandbox) -> None:
        with (
            pytest.raises(OperationalError, match="SAVEPOINT can only be used in transaction blocks"),
            sandbox.connection() as connection,
        ):
            connection.exec_driver_sql("ROLLBACK")

    def test_another_thread_is_sent_to_the_shared_one(self, sandbox: Sandbox) -> None:
        (said,) = in_a_thread(accounts.list_users)
        assert "shared_sandbox" in str(said)

    def test_a_test_without_one_is_told_so(self) -> None:
        with pytest.raises(RuntimeError, match="fixture `sandbox`"):
            accounts.list_users()


class TestUndone:
    def test_what_is_written_in_the_block_is_gone_after_it(self, sandbox: Sandbox) -> None:
        eva = user_fixture(name="Eva")
        for _ in range(2):
            with sandbox.undone():
                accounts.update_profile(eva, {"name": "Max"})
                video_fixture(eva)
                assert len(multimedia.list_videos()) == 1
            assert accounts.get_user_or_raise(eva.id).name == "Eva"
            assert multimedia.list_videos() == []

    def test_blocks_are_nested(self, sandbox: Sandbox) -> None:
        with sandbox.undone():
            eva = user_fixture()
            with sandbox.undone():
                user_fixture()
            with sandbox.undone():
                accounts.list_users()
            assert accounts.list_users() == [eva]
        assert accounts.list_users() == []

    def test_an_error_ends_it_too(self, sandbox: Sandbox) -> None:
        def fail() -> None:
            with sandbox.undone(), repo.transaction():
                user_fixture()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert accounts.list_users() == []


class TestSharedSandbox:
    @pytest.mark.parametrize("turn", [1, 2])
    def test_threads_and_test_see_the_same(self, shared_sandbox: Sandbox, turn: int) -> None:
        user = user_fixture(username="eva")
        assert in_a_thread(accounts.list_users) == [[user]]
        (other,) = in_a_thread(user_fixture)
        assert accounts.list_users() == [user, other]

    def test_many_threads_may_write_at_once(self, shared_sandbox: Sandbox) -> None:
        video = video_fixture(user_fixture())
        author = user_fixture()
        threads = [
            threading.Thread(target=lambda: [annotation_fixture(author, video) for _ in range(5)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=15)
        ids = [note.id for note in multimedia.list_annotations_after(video)]
        assert (len(ids), ids) == (20, sorted(ids))

    def test_one_transaction_at_a_time(
        self, shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rumbl_core.testing._WAIT_S", 0.01)
        with repo.transaction():
            (said,) = in_a_thread(accounts.list_users)
        assert "another thread" in str(said)


class TestFixtures:
    def test_given_attributes_win(self, sandbox: Sandbox) -> None:
        user = user_fixture(name="Max", username="max", password="123456")
        assert (user.name, user.username) == ("Max", "max")
        assert isinstance(accounts.authenticate_by_username_and_pass("max", "123456"), Ok)
        video = video_fixture(user, title="funny cats")
        assert (video.title, video.url, video.description) == (
            "funny cats",
            "http://example.com",
            "a description",
        )
        note = annotation_fixture(user, video, at=5)
        assert (note.body, note.at) == ("a note", 5)

    def test_names_are_never_the_same(self, sandbox: Sandbox) -> None:
        assert user_fixture().username != user_fixture().username

    def test_a_backend_s_user_has_no_password(self, sandbox: Sandbox) -> None:
        assert user_fixture(username="wolfram").password_hash is None

    def test_what_is_refused_fails_the_test(self, sandbox: Sandbox) -> None:
        with pytest.raises(AssertionError, match="at least 6"):
            user_fixture(password="x")


def counted(database: str) -> dict[str, int]:
    """How many rows each table has."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    with psycopg.connect(database) as connection:
        return {
            name: connection.execute(SQL("SELECT * FROM {}").format(Identifier(name))).rowcount
            for (name,) in connection.execute(tables).fetchall()
        }


def test_the_committed_database_is_emptied(committed_database: str, rumbl_database: URL) -> None:
    assert accounts.list_users() == []
    user, category = user_fixture(), multimedia.create_category_or_raise("Sci-fi")
    multimedia.ask_in_video(user, video_fixture(user, category_id=category.id).id, {"body": "1 + 1", "at": 1})
    accounts.create_session_token(user)
    attempts.change([b"0" * 16], lambda *_: (None, {b"0" * 16: State(1, 1, 2.0**40)}))
    assert {"mail_tokens"} >= {table for table, rows in counted(committed_database).items() if not rows}
    assert committed_database == address.conninfo(rumbl_database)


def test_and_the_next_finds_it_empty(committed_database: str) -> None:
    assert set(counted(committed_database).values()) == {0}
    assert user_fixture().id == 1, "the ids do not grow from run to run"


@pytest.mark.parametrize("kit", ["sandbox", "shared_sandbox", "committed_database"])
def test_hashes_are_cheap_whatever_was_configured_before(kit: str, request: pytest.FixtureRequest) -> None:
    password.configure("normal")
    request.getfixturevalue(kit)
    assert "$m=8,t=1," in password.hash_password("supersecret")


def test_a_forked_child_gets_connections_of_its_own(committed_database: str) -> None:
    session = select(func.pg_backend_pid())
    before = repo.rows(session)
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os._exit(0 if repo.rows(session) != before else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert repo.rows(session) == before, "the parent's connection still works"


def test_many_notes_are_as_if_they_had_been_written_one_by_one(sandbox: Sandbox) -> None:
    author, stranger = user_fixture(), user_fixture()
    film = video_fixture(author)
    annotation_fixture(stranger, video_fixture(author))
    first = annotation_fixture(stranger, film)

    ids = annotations_fixture(author, film, [("one", 9), ("two", 0), ("three", 9)])
    last = annotation_fixture(author, film)

    rows = multimedia.list_annotations_after(film)
    told = [(row.id, row.prev_id, row.body, row.at, row.user) for row in rows[1:-1]]
    assert told == [
        (ids[0], first.id, "one", 9, author),
        (ids[1], ids[0], "two", 0, author),
        (ids[2], ids[1], "three", 9, author),
    ]
    assert first.id < ids[0] < ids[1] < ids[2] < last.id
    assert last.prev_id == ids[2]
    assert multimedia.list_recent_annotations(film, 60) == rows
    with pytest.raises(AssertionError, match="can't be blank"):
        annotations_fixture(author, film, [("fine", 0), (" ", 0)])


def test_a_database_that_is_away_is_away_for_everybody(database_away: None) -> None:
    with pytest.raises(Unavailable):
        accounts.list_users()
