"""Names for those who are there. What else presence does is tested with the channel."""

from __future__ import annotations

import logging

import pytest

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.errors import Unavailable
from rumbl_core.multimedia import Video
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix.testing import ClientSocket, assert_broadcast, subscribe_and_join


def test_who_is_there_is_told_without_names_while_the_database_is_away_and_with_them_once_it_is_back(
    socket: ClientSocket,
    video: Video,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(_ids: object) -> None:
        raise Unavailable("the database is away")

    topic = f"videos:{video.id}"
    monkeypatch.setattr("rumbl_web.phoenix.tracker.tracker.AGAIN_MS", 50.0)
    at_hand = accounts.list_users_with_ids
    monkeypatch.setattr(accounts, "list_users_with_ids", away)
    _, channel = subscribe_and_join(socket, VideoChannel, topic, {})

    told = assert_broadcast(channel, "presence_diff")
    assert set(told["joins"][str(user.id)]) == {"metas"}
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {(record.message, record.exc_info) for record in warned} == {
        (f"who is on {topic!r} is told without names: the database is away", None)
    }

    monkeypatch.setattr(accounts, "list_users_with_ids", at_hand)
    told = assert_broadcast(channel, "presence_diff")
    assert told["joins"][str(user.id)]["user"]["username"] == user.username
