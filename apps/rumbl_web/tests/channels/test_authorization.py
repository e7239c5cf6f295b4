"""Who may do what on a video's topic: its owner, another member, a guest; also where there is no video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.multimedia import Video
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.channels import user_socket
from rumbl_web.channels.user_socket import UserSocket
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import ClientSocket, JoinRefused, assert_push, assert_reply, join, push, settle

Enter = Callable[[str], ClientSocket]


@pytest.fixture
def enter(endpoint: Endpoint, user: User) -> Iterator[Enter]:
    """Connect as the owner of `video`, as another member or as a guest."""
    clients: list[ClientSocket] = []

    def connect(who: str) -> ClientSocket:
        member = user if who == "owner" else user_fixture()
        secret = endpoint.secret
        is_guest = who == "guest"
        token = user_socket.guest_token(secret) if is_guest else user_socket.user_token(secret, member.id)
        clients.append(testing.connect(UserSocket, {"token": token}, endpoint=endpoint))
        return clients[-1]

    yield connect
    for client in clients:
        testing.close(client)


WHO = ("owner", "other", "guest")


@pytest.mark.parametrize("who", WHO)
def test_everybody_reads(enter: Enter, user: User, video: Video, who: str) -> None:
    annotation_fixture(user, video, body="for all", at=0)

    response, channel = join(enter(who), VideoChannel, f"videos:{video.id}")

    assert [note["body"] for note in response["annotations"]] == ["for all"]
    listed = assert_reply(push(channel, "list_annotations", {"after_id": 0}))
    assert [note["body"] for note in listed["annotations"]] == ["for all"]


@pytest.mark.parametrize(("who", "may"), [("owner", True), ("other", True), ("guest", False)])
def test_members_post_and_guests_do_not(enter: Enter, video: Video, who: str, may: bool) -> None:
    _, channel = join(enter(who), VideoChannel, f"videos:{video.id}")

    pushed = push(channel, "new_annotation", {"body": "mine", "at": 0})

    if may:
        assert_reply(pushed, "ok")
    else:
        assert_reply(pushed, "error", {"reason": "unauthorized"})
    assert len(multimedia.list_annotations(video)) == may


@pytest.mark.parametrize("who", WHO)
def test_nobody_changes_anything_by_an_event_that_there_is_not(
    enter: Enter, user: User, video: Video, who: str
) -> None:
    note = annotation_fixture(user, video, body="stays", at=0)
    client = enter(who)

    for event in ("edit_annotation", "delete_annotation", "update", "delete", "phx_reply"):
        _, channel = join(client, VideoChannel, f"videos:{video.id}")  # such an event is its end
        push(channel, event, {"id": note.id, "video_id": video.id, "body": "changed"})

        assert_push(channel, "phx_error", {"reason": "unknown event"})
        assert [kept.body for kept in multimedia.list_annotations(video)] == ["stays"], event


@pytest.mark.parametrize("who", WHO)
def test_what_names_another_video_stays_on_this_one(enter: Enter, user: User, video: Video, who: str) -> None:
    elsewhere = video_fixture(user, title="Elsewhere")
    annotation_fixture(user, elsewhere, body="elsewhere", at=0)
    _, channel = join(enter(who), VideoChannel, f"videos:{video.id}")

    listed = assert_reply(push(channel, "list_annotations", {"after_id": 0, "video_id": elsewhere.id}))
    push(channel, "new_annotation", {"body": "x", "at": 0, "video_id": elsewhere.id, "user_id": user.id})
    settle(channel)

    assert listed["annotations"] == []
    assert [note.body for note in multimedia.list_annotations(elsewhere)] == ["elsewhere"]


@pytest.mark.parametrize("who", WHO)
def test_a_missing_video_is_a_join_error_and_no_crash(
    enter: Enter, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = enter(who)
    refused: Any
    for subtopic in ("4711", "0", "-1", "abc", "1-slug", "", "1" * 30, "1\u0000", "\uff11"):
        with pytest.raises(JoinRefused) as refused:
            join(client, VideoChannel, f"videos:{subtopic}")

        assert refused.value.response == {"reason": "not_found"}, subtopic
        assert "crashed" not in caplog.text, subtopic
