"""No loss stays hidden: viewers are told which note is the latest."""

from __future__ import annotations

import pytest

from rumbl_core import departure
from rumbl_core.accounts import User
from rumbl_core.errors import Unavailable
from rumbl_core.multimedia import Video
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture
from rumbl_web.channels.latest_watch import LatestWatch
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import testing
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.testing import ClientChannel, assert_broadcast, refute_broadcast


@pytest.fixture
def channel(socket: testing.ClientSocket, video: Video) -> ClientChannel:
    return testing.join(socket, VideoChannel, f"videos:{video.id}")[1]


@pytest.fixture
def watch(endpoint: Endpoint) -> LatestWatch:
    """One that looks when it is told."""
    return LatestWatch(endpoint, every_s=3600)


def test_a_note_that_nobody_told_is_named_once(
    channel: ClientChannel, watch: LatestWatch, user: User, video: Video
) -> None:
    stored = annotation_fixture(user, video)
    watch.look()
    assert_broadcast(channel, "latest", {"id": stored.id})
    watch.look()
    refute_broadcast(channel, "latest")
    stored = annotation_fixture(user, video)
    watch.look()
    assert_broadcast(channel, "latest", {"id": stored.id})


def test_that_somebody_left_is_counted_once_also_when_the_last_notes_went(
    channel: ClientChannel, watch: LatestWatch, user: User, video: Video
) -> None:
    leaver = user_fixture(password="correct horse")
    annotation_fixture(leaver, video)
    watch.look()
    assert assert_broadcast(channel, "latest")["removals"] == 0
    departure.delete_account(leaver, {"password": "correct horse", "confirmation": leaver.username})
    watch.look()
    assert assert_broadcast(channel, "latest") == {"id": 0, "removals": 1}
    watch.look()
    refute_broadcast(channel, "latest")


def test_a_video_without_notes_or_viewers_is_not_talked_about(
    channel: ClientChannel, watch: LatestWatch, user: User
) -> None:
    annotation_fixture(user, video_fixture(user))
    watch.look()
    refute_broadcast(channel, "latest")


def test_it_looks_by_itself_and_outlives_a_database_that_is_away(
    channel: ClientChannel, endpoint: Endpoint, user: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_ids: object) -> None:
        monkeypatch.undo()
        raise Unavailable("away")

    monkeypatch.setattr("rumbl_core.multimedia.annotation_marks", away)
    stored = annotation_fixture(user, video)
    watch = LatestWatch(endpoint, every_s=0.01).start()
    assert_broadcast(channel, "latest", {"id": stored.id})
    watch.stop()
