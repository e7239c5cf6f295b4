"""What a page asks when it may have missed that somebody left."""

from __future__ import annotations

import pytest

from rumbl_core.accounts import User
from rumbl_core.departure import delete_account
from rumbl_core.multimedia import Video
from rumbl_core.testing import annotation_fixture, user_fixture
from rumbl_web import notes
from rumbl_web.channels.video_channel import MAX_ASKED, VideoChannel
from rumbl_web.phoenix.testing import (
    ClientChannel,
    ClientSocket,
    assert_broadcast,
    assert_reply,
    push,
    subscribe_and_join,
)


@pytest.fixture
def channel(socket: ClientSocket, video: Video) -> ClientChannel:
    return subscribe_and_join(socket, VideoChannel, f"videos:{video.id}", {})[1]


def test_a_join_says_how_often_the_video_lost_notes(socket: ClientSocket, video: Video) -> None:
    leaver = user_fixture(password="correct horse")
    annotation_fixture(leaver, video)
    delete_account(leaver, {"password": "correct horse", "confirmation": leaver.username})
    reply, _ = subscribe_and_join(socket, VideoChannel, f"videos:{video.id}", {})
    assert reply["removals"] == 1


def test_who_leaves_is_told_with_how_often_the_video_lost_notes(channel: ClientChannel, video: Video) -> None:
    notes.tell_removed(channel.client.endpoint, video.id, 7, 3)
    assert assert_broadcast(channel, "notes_removed") == {"user_id": 7, "removals": 3}


def test_it_is_told_who_is_no_user_any_more(channel: ClientChannel, user: User) -> None:
    asked = [user.id, user.id + 999, "1", True, -1, 2**63, None]
    assert assert_reply(push(channel, "gone", {"user_ids": asked}), "ok") == {"user_ids": [user.id + 999]}
    assert assert_reply(push(channel, "gone", {"user_ids": []}), "ok") == {"user_ids": []}


@pytest.mark.parametrize("payload", [{}, None, {"user_ids": 1}, {"user_ids": [1] * (MAX_ASKED + 1)}])
def test_what_asks_about_nobody_or_too_many_is_refused(channel: ClientChannel, payload: object) -> None:
    assert_reply(push(channel, "gone", payload), "error", {"reason": "invalid"})
