"""Real threads, real connections, real commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

import psycopg
import pytest

from rumbl_core import accounts, multimedia, repo
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture

pytestmark = pytest.mark.usefixtures("committed_database")

T = TypeVar("T")


def at_once(times: int, work: Callable[[int], T]) -> list[T]:
    """Run `work` in so many threads, all let go at the same moment."""
    gate = threading.Barrier(times, timeout=10)

    def run(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_of_two_registrations_of_one_name_one_wins() -> None:
    def register(number: int) -> object:
        username = ("eva", "EVA")[number % 2]
        return accounts.register_user({"name": "x", "username": username, "password": "secret"})

    results = at_once(4, register)
    refused = [result.reason.errors_on() for result in results if isinstance(result, Error)]
    assert refused == [{"username": ["has already been taken"]}] * 3
    assert len(accounts.list_users()) == 1


def test_the_same_key_sent_twice_at_once_is_one_row_of_its_video() -> None:
    user = user_fixture()
    video, other = video_fixture(user), video_fixture(user)

    def post(number: int) -> tuple[int, bool]:
        note = annotation_fixture(user, (video, other)[number % 2], client_key="k")
        return note.id, note.is_new

    posted = [note for _ in range(3) for note in at_once(8, post)]
    assert len({id for id, _ in posted}) == 2
    assert [is_new for _, is_new in posted].count(True) == 2
    assert multimedia.count_annotations([video, other]) == {video.id: 1, other.id: 1}


def test_one_backend_answers_once_however_many_workers_do() -> None:
    wolfram, user = user_fixture(username="wolfram"), user_fixture()
    video = video_fixture(user)
    question = annotation_fixture(user, video)
    ids = at_once(4, lambda _: annotation_fixture(wolfram, video, answer_to=question.id).id)
    assert len(set(ids)) == 1


def test_whoever_asks_for_what_came_after_the_last_id_misses_nothing() -> None:
    """A reader that follows by id sees every note, since ids become visible in their own order."""
    user = user_fixture()
    video = video_fixture(user)
    writers, notes = 4, 30
    done = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        last = 0
        while True:
            finished = done.is_set()
            page = multimedia.list_annotations_after(video, last)
            seen.extend(note.id for note in page)
            last = seen[-1] if seen else 0
            if finished and not page:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    written = at_once(writers, lambda _: [annotation_fixture(user, video).id for _ in range(notes)])
    done.set()
    reader.join(timeout=10)
    assert seen == sorted(id for ids in written for id in ids)
    chain = [note.prev_id for note in multimedia.list_annotations_after(video)]
    assert chain == [None, *seen[:-1]], "each names the one before it, however many write at once"
    assert len(seen) == writers * notes


def test_of_two_who_delete_a_video_one_finds_it_gone() -> None:
    user = user_fixture()
    video = video_fixture(user)
    results = at_once(2, lambda _: _delete(video))
    assert sorted(results) == [False, True]


def _delete(video: multimedia.Video) -> bool:
    try:
        return isinstance(multimedia.delete_video(video), Ok)
    except NotFound:
        return False


@pytest.mark.parametrize(
    ("wait_for", "refused"),
    [("share", {"NO KEY UPDATE"}), ("change", {"NO KEY UPDATE", "KEY SHARE"})],
)
def test_a_password_that_was_looked_at_stays_so_and_before_a_change_nothing_comes_to_belong_to_the_user(
    committed_database: str, wait_for: Literal["share", "change"], refused: set[str]
) -> None:
    user, found = user_fixture(), set()
    with repo.transaction(), psycopg.connect(committed_database, autocommit=True) as other:
        assert accounts.same_password(user, wait_for=wait_for)
        for strength in ("NO KEY UPDATE", "KEY SHARE"):  # as an update, as a row that refers to it
            try:
                other.execute(f"SELECT FROM users WHERE id = {user.id} FOR {strength} NOWAIT".encode())
            except psycopg.errors.LockNotAvailable:
                found.add(strength)
    assert found == refused
