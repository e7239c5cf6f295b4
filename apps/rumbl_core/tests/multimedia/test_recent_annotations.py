"""The newest notes of a video: what a node asks for that could not hear the others for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from rumbl_core import multimedia, repo, schema
from rumbl_core.accounts import User
from rumbl_core.multimedia import Annotation, Video
from rumbl_core.testing import annotation_fixture, user_fixture, video_fixture

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def owner() -> User:
    return user_fixture()


@pytest.fixture
def video(owner: User) -> Video:
    return video_fixture(owner)


def notes(owner: User, video: Video, *ages_s: float) -> list[int]:
    """Ids of notes of these ages, in this order."""
    made = [annotation_fixture(owner, video) for _ in ages_s]
    for note, age_s in zip(made, ages_s, strict=True):
        stamp = repo.database_time() - timedelta(seconds=age_s)
        repo.run(update(Annotation).where(Annotation.id == note.id).values(inserted_at=stamp))
    return [note.id for note in made]


def ids(video: Video, within_s: float, limit: int = 500) -> list[int]:
    return [note.id for note in multimedia.list_recent_annotations(video, within_s, limit)]


def test_notes_of_the_last_seconds_by_id_with_their_users(owner: User, video: Video) -> None:
    _old, *recent = notes(owner, video, 100, 8, 3)
    notes(owner, video_fixture(owner), 1)

    assert ids(video, 20) == recent
    assert multimedia.list_recent_annotations(video.id, 20)[0].user == owner


def test_the_very_newest_comes_in_any_case(owner: User, video: Video) -> None:
    *_, newest = notes(owner, video, 300, 200, 100)

    assert ids(video, 10) == [newest]


def test_a_page_has_the_newest(owner: User, video: Video) -> None:
    *_, one, two = notes(owner, video, 3, 2, 1)

    assert ids(video, 60, limit=2) == [one, two]


def test_a_video_without_notes_has_none(video: Video) -> None:
    assert ids(video, 60) == []


def test_notes_are_stamped_by_the_clock_of_the_database(
    owner: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    monkeypatch.setattr(schema, "now", lambda: wrong)

    note = annotation_fixture(owner, video)

    assert ids(video, 60) == [note.id]
    assert note.inserted_at > wrong + timedelta(minutes=30)
    assert note.inserted_at.microsecond == 0
