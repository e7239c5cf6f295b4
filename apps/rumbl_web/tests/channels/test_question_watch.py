"""A question whose asker died is asked again, and answered once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from info_sys.letters import Found, Letter, Told
from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.errors import Unavailable
from rumbl_core.multimedia import Annotation, Video
from rumbl_core.result import Ok
from rumbl_web.channels.question_watch import QuestionWatch
from rumbl_web.phoenix.endpoint import Endpoint

pytestmark = pytest.mark.usefixtures("wolfram")


@pytest.fixture
def asked(user: User, video: Video) -> Annotation:
    """Stored, and its server gone before it asked."""
    match multimedia.ask_in_video(user, video.id, {"body": "1 + 1", "at": 5}):
        case Ok(note):
            return note
        case refused:
            raise AssertionError(refused)


@pytest.fixture
def bodies(video: Video) -> Callable[[], list[str]]:
    return lambda: [note.body for note in multimedia.list_annotations(video)]


def state(note: Annotation) -> str:
    question = multimedia.get_question(note.video_id, note.id)
    assert question is not None
    return question.state


def test_it_is_asked_again(endpoint: Endpoint, asked: Annotation, bodies: Callable[[], list[str]]) -> None:
    watch = QuestionWatch(endpoint, waited_s=-2)
    watch.look()
    endpoint.services["answers"].wait()
    assert (state(asked), bodies()) == ("answered", ["1 + 1", "2"])
    watch.look()
    endpoint.services["answers"].wait()
    assert bodies() == ["1 + 1", "2"]


def test_a_database_that_is_away_when_the_answer_comes_is_no_crash_and_it_is_asked_again(
    endpoint: Endpoint,
    asked: Annotation,
    bodies: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(multimedia, "answer_question", away)
        endpoint.services["answers"].ask(asked)
        endpoint.services["answers"].wait()
    assert [record.exc_info for record in caplog.records] == [None]
    assert caplog.records[0].message == f"question {asked.id} is asked again later: the database is away"

    QuestionWatch(endpoint, waited_s=-2).look()
    endpoint.services["answers"].wait()
    assert (state(asked), bodies()) == ("answered", ["1 + 1", "2"])


def test_a_question_asked_in_vain_is_given_up_and_everybody_told(
    endpoint: Endpoint, asked: Annotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(endpoint, "broadcast", lambda *message: told.append(message))
    while multimedia.claim_questions(-2):
        pass
    for _ in range(2):
        QuestionWatch(endpoint, waited_s=-2).look()
    assert told == [(f"videos:{asked.video_id}", "question", {"id": asked.id, "state": "refused"})]
    assert state(asked) == "refused"


def test_nothing_is_asked_again_once_the_owner_has_switched_answers_off(
    endpoint: Endpoint, asked: Annotation, video: Video, bodies: Callable[[], list[str]]
) -> None:
    multimedia.update_video(video, {"answers": "false"})
    QuestionWatch(endpoint, waited_s=-2).look()
    endpoint.services["answers"].wait()
    assert (state(asked), bodies()) == ("nothing", ["1 + 1"])


def test_another_source_s_answer_to_a_question_asked_twice_is_dropped(
    endpoint: Endpoint, asked: Annotation, bodies: Callable[[], list[str]]
) -> None:
    for name in ("wolfram", "wikipedia"):
        found = Found(95, name, name, name.title(), None)
        endpoint.services["answers"].told(Letter(str(asked.id), (found,), ()))
    assert (state(asked), bodies()) == ("answered", ["1 + 1", "wolfram"])


def test_what_was_asked_a_moment_ago_is_left_alone(endpoint: Endpoint, asked: Annotation) -> None:
    QuestionWatch(endpoint).look()
    endpoint.services["answers"].wait()
    assert state(asked) == "waiting"


def test_a_worker_s_letter_is_posted_once_however_often_it_comes(
    endpoint: Endpoint, asked: Annotation, bodies: Callable[[], list[str]]
) -> None:
    found = Found(95, "two", "wolfram", "Wolfram", "https://example.com/")
    letter = Letter(str(asked.id), (found,), (Told("wolfram", "Wolfram", "answered", 12.3, 95),))
    for _ in range(2):
        endpoint.services["answers"].told(letter)
    assert (state(asked), bodies()) == ("answered", ["1 + 1", "two"])


def test_a_letter_about_a_note_that_is_gone_is_no_matter(endpoint: Endpoint, video: Video) -> None:
    endpoint.services["answers"].told(Letter("123456", (), ()))
