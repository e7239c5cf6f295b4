"""What a page asks about the questions in notes: which have no answer, and why."""

from __future__ import annotations

import pytest

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.multimedia import Video
from rumbl_core.result import Ok
from rumbl_core.testing import annotations_fixture
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix.testing import ClientChannel, ClientSocket, assert_reply, push, subscribe_and_join


@pytest.fixture
def channel(socket: ClientSocket, video: Video) -> ClientChannel:
    return subscribe_and_join(socket, VideoChannel, f"videos:{video.id}", {"last_seen_id": 0})[1]


def test_who_comes_later_hears_of_the_questions_without_an_answer_and_of_no_other(
    channel: ClientChannel, user: User, video: Video
) -> None:
    def asked(body: str, state: str) -> int:
        match multimedia.ask_in_video(user, video.id, {"body": body, "at": 1}):
            case Ok(note):
                assert state == "waiting" or multimedia.settle_question(note.id, state)
                return note.id
            case refused:
                pytest.fail(str(refused))

    def told(**window: object) -> list[dict[str, object]]:
        return assert_reply(push(channel, "questions", window), "ok", {"before": None})["questions"]

    assert told() == []
    ids = {state: asked(state, state) for state in ("waiting", "nothing", "answered", "refused")}
    assert told() == [{"id": ids[state], "state": state} for state in ("waiting", "nothing", "refused")]
    multimedia.settle_question(ids["waiting"], "nothing")
    assert told()[0] == {"id": ids["waiting"], "state": "nothing"}
    assert [question["id"] for question in told(before_id=ids["refused"])] == [ids["waiting"], ids["nothing"]]
    assert len(told(before_id="rubbish")) == 3


def test_questions_before_the_newest_notes_are_told_in_further_replies(
    channel: ClientChannel, user: User, video: Video
) -> None:
    old = multimedia.ask_in_video(user, video.id, {"body": "1 + 1", "at": 1})
    assert isinstance(old, Ok)
    oldest_new = annotations_fixture(user, video, [("x", 0)] * 500)[0]

    newest = assert_reply(push(channel, "questions", {}), "ok")
    rest = assert_reply(push(channel, "questions", {"before_id": newest["before"]}), "ok")

    assert newest == {"questions": [], "before": oldest_new}
    assert rest == {"questions": [{"id": old.value.id, "state": "waiting"}], "before": None}


@pytest.mark.parametrize("payload", [{}, {"id": "1"}, {"id": 0}, {"id": 10**30}, [], None])
def test_why_of_nothing_is_not_found(channel: ClientChannel, payload: object) -> None:
    assert_reply(push(channel, "why", payload), "error", {"reason": "not_found"})
