"""Pages of notes are read once, and are never older than the question."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rumbl_core import multimedia
from rumbl_core.accounts import User
from rumbl_core.departure import delete_account
from rumbl_core.multimedia import Video
from rumbl_core.result import Ok
from rumbl_core.testing import annotation_fixture, user_fixture
from rumbl_web.channels import pages
from rumbl_web.channels.pages import Pages

pytestmark = pytest.mark.usefixtures("shared_sandbox")


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def kept(clock: list[float]) -> Pages:
    return Pages(lambda: clock[0])


def ids(page: pages.Page | None) -> list[int]:
    assert page is not None
    return [note["id"] for note in page["annotations"]]


def test_the_first_costs_two_queries_and_the_next_one_each(
    count_queries: Any, kept: Pages, user: User, video: Video
) -> None:
    first = annotation_fixture(user, video)
    with count_queries() as sent:
        pages_got = [kept.get(video.id, 0) for _ in range(5)]
    assert [ids(page) for page in pages_got] == [[first.id]] * 5
    assert len(sent) == 6
    with count_queries() as sent:
        assert ids(kept.get(video.id, first.id)) == []
        assert kept.get(video.id + 1, 0) is None
    assert len(sent) == 2, "who has everything, and who asks for no video, cost one each"


def test_a_note_that_was_stored_before_the_question_is_there(kept: Pages, user: User, video: Video) -> None:
    stored: list[int] = []
    for _ in range(5):
        stored.append(annotation_fixture(user, video).id)
        assert ids(kept.get(video.id, 0)) == stored
        assert ids(kept.get(video.id, stored[0])) == stored[1:]


def test_a_full_page_stays_but_the_one_that_says_there_are_no_more_does_not(
    kept: Pages, user: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    stored = [annotation_fixture(user, video).id for _ in range(2)]
    page = kept.get(video.id, 0)
    assert page is not None
    assert page["more"] is False
    stored.append(annotation_fixture(user, video).id)
    full = kept.get(video.id, 0)
    assert full is not None
    assert (ids(full), full["more"]) == (stored[:2], True)
    annotation_fixture(user, video)
    assert kept.get(video.id, 0) is full


@pytest.mark.parametrize("size", [2, 3, 500], ids=["a full page", "the last page", "the only page"])
def test_the_notes_of_who_left_are_on_no_page_from_that_moment(
    kept: Pages, user: User, video: Video, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(pages, "PAGE", size)
    leaver = user_fixture(password="correct horse")
    stored = [annotation_fixture(who, video).id for who in (user, leaver, user, user)]
    assert stored[1] in ids(kept.get(video.id, 0))
    answer = {"password": "correct horse", "confirmation": leaver.username}
    assert isinstance(delete_account(leaver, answer), Ok)
    left = [stored[0], *stored[2:]]
    assert ids(kept.get(video.id, 0)) == left[:size]
    for after in (0, stored[-1]):
        page = kept.get(video.id, after)
        assert page is not None
        assert page["removals"] == 1


def test_what_else_changed_shows_after_some_seconds(
    kept: Pages, clock: list[float], user: User, video: Video
) -> None:
    annotation_fixture(user, video)
    before = kept.get(video.id, 0)
    clock[0] += pages.MAX_AGE_S
    assert kept.get(video.id, 0) is before
    clock[0] += 0.1
    assert kept.get(video.id, 0) is not before


def test_only_some_pages_are_kept(
    kept: Pages, clock: list[float], user: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_KEPT", 3)
    stored = [annotation_fixture(user, video).id for _ in range(9)]
    for after in stored[:-1]:
        clock[0] += 0.001
        assert ids(kept.get(video.id, after))[0] == after + 1
    assert list(kept._kept) == [(video.id, after) for after in stored[-4:-1]]


def test_many_who_keep_pages_at_the_same_moment_do_not_trip_over_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "render", lambda *_: pages.NO_PAGE)
    interval, kept = sys.getswitchinterval(), Pages()

    def fetch(video_id: int) -> None:
        for after_id in range(500):
            kept._make((video_id, after_id), (after_id + 1, 0))

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for fetching in [threads.submit(fetch, video_id) for video_id in range(8)]:
                fetching.result(10)
    finally:
        sys.setswitchinterval(interval)
    assert len(kept._kept) == pages.MAX_KEPT


def test_a_deleted_video_is_gone_at_once(kept: Pages, user: User, video: Video) -> None:
    annotation_fixture(user, video)
    assert kept.get(video.id, 0) is not None
    multimedia.delete_video(video)
    assert kept.get(video.id, 0) is None
