"""Questions in notes: none is lost, none is asked by two at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from rumbl_core import accounts, multimedia, repo
from rumbl_core.accounts import User
from rumbl_core.multimedia import Annotation, Video, questions
from rumbl_core.result import Error, Ok
from rumbl_core.testing import user_fixture, video_fixture


def ask(user: User, video: Video, body: str = "1 + 1") -> Annotation:
    match multimedia.ask_in_video(user, video.id, {"body": body, "at": 5, "client_key": body}):
        case Ok(annotation):
            return annotation
        case Error(changeset):
            raise AssertionError(changeset.errors_on())


def backend(name: str) -> User:
    made = accounts.backend_user(name, name.title())
    assert made is not None
    return made


@pytest.fixture
def user(sandbox: object) -> User:
    return user_fixture()


@pytest.fixture
def video(user: User) -> Video:
    return video_fixture(user)


class TestOpen:
    def test_each_video_has_its_own_without_those_that_are_answered(self, user: User, video: Video) -> None:
        other = video_fixture(user)
        first, second, third = ask(user, video, "1 + 1"), ask(user, video, "2 + 2"), ask(user, other)
        multimedia.answer_question(backend("calculator"), first, {"body": "2"})
        multimedia.settle_question(second.id, "nothing")

        windows = [(video.id, multimedia.NEWEST), (other.id, multimedia.NEWEST), (0, multimedia.NEWEST)]
        assert multimedia.open_questions(windows) == {
            (video.id, multimedia.NEWEST): ({second.id: "nothing"}, None),
            (other.id, multimedia.NEWEST): ({third.id: "waiting"}, None),
        }
        assert multimedia.open_questions([]) == {}

    def test_window_after_window_finds_also_the_oldest_and_none_twice(self, user: User, video: Video) -> None:
        row = {"body": "x", "at": 0, "user_id": user.id, "video_id": video.id}
        asked = [ask(user, video, "the first").id]
        for _ in range(2):  # a question is the oldest note of each window
            asked.append(ask(user, video, f"1 + {len(asked)}").id)
            repo.insert_new(Annotation, [row] * (questions.MAX_OPEN - 1))

        before: int | None = multimedia.NEWEST
        found = []
        while before:
            states, before = multimedia.open_questions([(video.id, before)])[video.id, before]
            found.append(list(states))
        assert found == [[asked[2]], [asked[1]], [asked[0]]]


class TestAsking:
    def test_a_question_waits_from_the_moment_its_note_is_there(self, user: User, video: Video) -> None:
        note = ask(user, video)
        question = multimedia.get_question(video.id, note.id)
        assert question is not None
        assert (question.state, question.sources, question.tries) == ("waiting", [], 1)

    def test_a_note_that_is_refused_asks_nothing(self, user: User, video: Video) -> None:
        assert isinstance(multimedia.ask_in_video(user, video.id, {"body": "", "at": 5}), Error)
        assert multimedia.claim_questions(-10) == []

    def test_the_same_note_sent_again_is_the_same_question(self, user: User, video: Video) -> None:
        first, twin = ask(user, video), ask(user, video)
        assert first.id == twin.id
        assert multimedia.settle_question(first.id, "nothing")

    def test_it_is_found_on_its_own_video_only(self, user: User, video: Video) -> None:
        note, other = ask(user, video), video_fixture(user)
        assert multimedia.get_question(other.id, note.id) is None
        assert multimedia.get_question("x", "y") is None


class TestSettling:
    def test_what_became_of_it_is_kept(self, user: User, video: Video) -> None:
        note, sources = ask(user, video), [{"name": "calculator", "state": "answered", "score": 90}]
        assert multimedia.settle_question(note.id, "answered", sources)
        question = multimedia.get_question(video.id, note.id)
        assert question is not None
        assert (question.state, question.sources) == ("answered", sources)

    def test_an_answer_is_not_taken_back_by_who_comes_later(self, user: User, video: Video) -> None:
        note = ask(user, video)
        multimedia.settle_question(note.id, "answered")
        assert not multimedia.settle_question(note.id, "nothing")

    def test_a_note_that_asks_nothing_has_nothing_to_settle(self, user: User, video: Video) -> None:
        assert not multimedia.settle_question(12345, "nothing")


class TestAnswering:
    def test_answer_and_question_are_stored_together(self, user: User, video: Video) -> None:
        note, sources = ask(user, video), [{"name": "oracle", "state": "answered", "score": 90}]
        result = multimedia.answer_question(backend("oracle"), note, {"body": "two"}, sources)
        assert isinstance(result, Ok)
        assert (result.value.body, result.value.at, result.value.answer_to) == ("two", 5, note.id)
        question = multimedia.get_question(video.id, note.id)
        assert question is not None
        assert (question.state, question.sources) == ("answered", sources)

    def test_the_first_answer_stays_the_only_one(self, user: User, video: Video) -> None:
        note = ask(user, video)
        assert isinstance(multimedia.answer_question(backend("oracle"), note, {"body": "two"}), Ok)
        for other in ("oracle", "sibyl"):
            assert multimedia.answer_question(backend(other), note, {"body": "three"}) is None
        assert [row.body for row in multimedia.list_annotations(video)] == ["1 + 1", "two"]

    def test_an_answer_that_is_refused_leaves_the_question_waiting(self, user: User, video: Video) -> None:
        note = ask(user, video)
        assert isinstance(multimedia.answer_question(backend("oracle"), note, {"body": ""}), Error)
        assert [one.id for one in multimedia.claim_questions(-1)] == [note.id]

    def test_what_was_given_up_may_still_be_answered(self, user: User, video: Video) -> None:
        note = ask(user, video)
        multimedia.settle_question(note.id, "refused")
        assert isinstance(multimedia.answer_question(backend("oracle"), note, {"body": "two"}), Ok)


class TestClaiming:
    def test_what_has_waited_for_long_is_given_once(self, user: User, video: Video) -> None:
        note = ask(user, video)
        assert multimedia.claim_questions(60) == []
        (claimed,) = multimedia.claim_questions(-1)
        assert (claimed.id, claimed.body, claimed.user.id) == (note.id, "1 + 1", user.id)
        assert multimedia.claim_questions(5) == []

    def test_no_more_are_given_than_asked_for_however_the_database_plans_it(
        self, badly_planned: None, user: User, video: Video
    ) -> None:
        for number in range(5):
            ask(user, video, f"{number} + 1")
        assert [len(multimedia.claim_questions(-1, limit=2)) for _ in range(2)] == [2, 2]

    def test_what_is_settled_is_not_given(self, user: User, video: Video) -> None:
        multimedia.settle_question(ask(user, video).id, "nothing")
        assert multimedia.claim_questions(-1) == []

    def test_after_some_tries_it_is_given_up_once(self, user: User, video: Video) -> None:
        note = ask(user, video)
        assert multimedia.give_up_questions(-1) == []
        given = [len(multimedia.claim_questions(-1)) for _ in range(questions.MAX_TRIES + 1)]
        assert given == [1] * (questions.MAX_TRIES - 1) + [0, 0]
        assert [one.id for one in multimedia.give_up_questions(-1)] == [note.id]
        assert multimedia.give_up_questions(-1) == []
        question = multimedia.get_question(video.id, note.id)
        assert question is not None
        assert question.state == "refused"

    def test_a_deleted_note_is_no_question_any_more(self, user: User, video: Video) -> None:
        ask(user, video)
        multimedia.delete_video(video)
        assert multimedia.claim_questions(-1) == []


def test_two_who_look_at_once_never_get_the_same(committed_database: str) -> None:
    user = user_fixture()
    video = video_fixture(user)
    for number in range(20):
        ask(user, video, f"{number} + 1")
    start, got = threading.Barrier(4), list[int]()

    def look() -> None:
        start.wait(5)
        got.extend(note.id for note in multimedia.claim_questions(60, limit=20))

    repo.run(update(multimedia.Question).values(asked_at=multimedia.Question.asked_at - timedelta(hours=1)))
    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(got) == len(set(got)) == 20


def test_several_who_answer_at_once_post_one_answer(committed_database: str) -> None:
    user = user_fixture()
    note = ask(user, video_fixture(user))
    backends = [backend(f"oracle{number}") for number in range(4)]
    start, got = threading.Barrier(4), list[object]()

    def answer(who: User) -> None:
        start.wait(5)
        got.append(multimedia.answer_question(who, note, {"body": "two"}))

    threads = [threading.Thread(target=answer, args=(who,)) for who in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [isinstance(one, Ok) for one in got].count(True) == 1
    assert got.count(None) == 3
    assert len(multimedia.list_annotations(note.video_id)) == 2


def test_the_owner_chooses_whether_questions_are_answered(sandbox: object) -> None:
    user = user_fixture()
    video = video_fixture(user)
    assert multimedia.answers_wanted(video.id)
    assert isinstance(multimedia.update_video(video, {"answers": "false"}), Ok)
    assert not multimedia.answers_wanted(video.id)
    assert isinstance(multimedia.update_video(multimedia.get_video_or_raise(video.id), {"answers": ""}), Ok)
    assert not multimedia.answers_wanted(video.id)
    match multimedia.update_video(video, {"answers": "perhaps"}):
        case Error(changeset):
            assert changeset.errors_on() == {"answers": ["is invalid"]}
        case Ok(_):
            raise AssertionError("perhaps is neither yes nor no")
