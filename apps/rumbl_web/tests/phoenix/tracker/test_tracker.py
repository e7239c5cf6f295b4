"""When changes are announced. What they say is tested with the room."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from info_sys.otp import Process
from info_sys.testing import eventually
from rumbl_web.phoenix.testing import Inbox
from rumbl_web.phoenix.tracker.room import Again, Announcement, Count, Diff
from rumbl_web.phoenix.tracker.state import NotTracked
from rumbl_web.phoenix.tracker.tracker import Tracker

Told = Inbox[tuple[str, Announcement]]


@pytest.fixture
def told() -> Told:
    return Inbox()


@pytest.fixture
def tracker(told: Told) -> Iterator[Tracker]:
    made = Tracker("node", lambda topic, announcement: told.put((topic, announcement)))
    yield made
    made.stop()


def next_one(told: Told) -> tuple[str, Announcement]:
    found = told.take(lambda _: True)
    assert found, "nothing was announced"
    return found


def alive() -> Process:
    return Process().start()


def test_a_change_in_a_quiet_room_is_told_at_once_and_every_topic_by_itself(
    tracker: Tracker, told: Told
) -> None:
    process = alive()
    refs = {topic: tracker.track(process, topic, "1", {}) for topic in ("a", "b")}

    announced = dict(next_one(told) for _ in range(2))

    assert announced == {topic: Diff({"1": {"metas": [{"phx_ref": ref}]}}, {}) for topic, ref in refs.items()}


def test_callers_read_their_own_writes(tracker: Tracker) -> None:
    process = alive()

    tracker.track(process, "a", "1", {"n": 1})
    assert tracker.list("a")["1"]["metas"][0]["n"] == 1
    tracker.update(process, "a", "1", lambda meta: {**meta, "n": meta["n"] + 1})
    assert [entry.meta["n"] for entry in tracker.entries("a", "1")] == [2]
    tracker.untrack(process, "a")
    assert tracker.list("a") == {}


def test_updating_who_is_not_there_raises(tracker: Tracker) -> None:
    with pytest.raises(NotTracked):
        tracker.update(alive(), "a", "1", dict)


def test_changes_within_the_window_are_collected(tracker: Tracker, told: Told) -> None:
    for number in range(500):
        tracker.track(alive(), "a", str(number), {})
    joined: list[str] = []
    announcements = 0

    while len(joined) < 500:
        _, diff = next_one(told)
        assert isinstance(diff, Diff)
        joined += diff.joins
        announcements += 1

    assert joined == [str(number) for number in range(500)]
    assert announcements < 50


def test_a_failing_announcement_is_logged_and_the_next_one_made(caplog: pytest.LogCaptureFixture) -> None:
    told: Told = Inbox()

    def announce(topic: str, announcement: Announcement) -> None:
        told.put((topic, announcement))
        if topic == "bad":
            raise RuntimeError("no")

    tracker = Tracker("node", announce)
    tracker.track(alive(), "bad", "1", {})
    next_one(told)
    tracker.track(alive(), "good", "1", {})

    assert next_one(told)[0] == "good"
    assert "presence changes on 'bad' were not announced" in caplog.text
    tracker.stop()


def test_rooms_are_forgotten_when_the_last_leave_is_told(tracker: Tracker, told: Told) -> None:
    process = alive()
    tracker.track(process, "a", "1", {})
    next_one(told)

    process.stop()
    next_one(told)

    assert tracker.rooms() == 0
    assert tracker.room("a") is None


def test_a_room_over_the_limit_is_a_crowd_at_once(told: Told) -> None:
    tracker = Tracker("node", lambda topic, announcement: told.put((topic, announcement)), max_listed=2)
    for number in range(3):
        tracker.track(alive(), "a", str(number), {})

    assert tracker.crowded("a")
    assert not tracker.crowded("b")
    assert list(tracker.list("a")) == ["0", "1"]
    assert told.take(lambda pair: pair[1] == Count(3), 2)
    tracker.stop()


def test_what_a_killed_announcer_had_put_off_is_told_all_the_same(
    tracker: Tracker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rumbl_web.phoenix.tracker.room.WINDOW_MS_PER_SESSION", 100.0)
    tracker.track(alive(), "a", "1", {})
    next_one(told)
    tracker.track(alive(), "a", "2", {})
    announcer = tracker._announcer
    eventually(lambda: announcer.turns == 2)  # it has seen the second, and waits

    announcer.kill()

    topic, announcement = next_one(told)
    assert (topic, isinstance(announcement, Diff) and list(announcement.joins)) == ("a", ["2"])
    assert tracker._announcer is not announcer


def test_its_processes_come_back_even_when_their_supervisor_gives_up(tracker: Tracker, told: Told) -> None:
    first = tracker.supervisor()
    first.stop()

    assert tracker.supervisor() is not first
    tracker.track(alive(), "a", "1", {})
    next_one(told)


def test_a_stopped_tracker_tells_nothing_more(tracker: Tracker, told: Told) -> None:
    tracker.stop()
    assert tracker._announcer.wait(1)

    tracker.track(alive(), "a", "1", {})

    assert tracker.count("a") == 1
    assert told.items == []


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rumbl_web.phoenix.tracker.tracker.AGAIN_MS", 5.0)


@pytest.mark.usefixtures("soon")
def test_what_is_owed_is_told_again_with_who_is_there_then(tracker: Tracker, told: Told) -> None:
    stays, goes = alive(), alive()
    for process, key in ((stays, "1"), (goes, "2")):
        tracker.track(process, "a", key, {})
    tracker.untrack(goes, "a")
    told.take(lambda pair: pair[1].leaves == {}, 2)
    for topic in ("a", "b"):
        tracker.owe(topic)

    again = told.take(lambda pair: isinstance(pair[1], Again), 2)

    assert again
    assert (again[0], list(again[1].entries)) == ("a", ["1"]), "nobody is on b"


@pytest.mark.parametrize("again", [False, True])
def test_who_is_shown_before_its_coming_is_told_is_told_of_when_it_goes(told: Told, again: bool) -> None:
    goes_on = threading.Event()

    def announce(topic: str, announcement: Announcement) -> None:
        told.put((topic, announcement))
        assert isinstance(announcement, Again) or goes_on.wait(10)

    tracker = Tracker("node", announce)
    tracker.track(alive(), "a", "1", {})
    next_one(told)
    brief = alive()
    ref = tracker.track(brief, "a", "2", {})
    tracker.owe("a")
    tracker.tell_again() if again else told.put(("a", Again(tracker.list("a"))))
    shown = next_one(told)[1]
    tracker.untrack(brief, "a")
    goes_on.set()

    assert isinstance(shown, Again)
    assert list(shown.entries) == ["1", "2"]
    assert next_one(told) == ("a", Diff({}, {"2": {"metas": [{"phx_ref": ref}]}}))
    tracker.stop()


@pytest.mark.usefixtures("soon")
def test_a_topic_that_is_owed_for_long_holds_up_no_other_and_is_tried_until_it_is_told(told: Told) -> None:
    tried: list[str] = []

    def announce(topic: str, announcement: Announcement) -> None:
        if isinstance(announcement, Again):
            tried.append(topic)
            if topic == "bad" and tried.count("bad") < 3:
                tracker.owe(topic)
        told.put((topic, announcement))

    tracker = Tracker("node", announce)
    for topic in ("bad", "good"):
        tracker.track(alive(), topic, "1", {})
        next_one(told)
        tracker.owe(topic)

    eventually(lambda: tried.count("bad") == 3)

    assert tried == ["bad", "good", "bad", "bad"]
    tracker.stop()


def test_much_that_is_owed_at_once_is_one_wake_up(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    wakes: list[object] = []
    monkeypatch.setattr("rumbl_web.phoenix.tracker.tracker.send_after", lambda *wake: wakes.append(wake))

    for topic in ("a", "b", "a"):
        tracker.owe(topic)
    assert len(wakes) == 1
    tracker.tell_again()
    tracker.owe("a")
    assert len(wakes) == 2


@pytest.mark.usefixtures("soon")
def test_a_crowd_is_owed_nothing_and_a_new_announcer_owes_what_the_last_one_did(told: Told) -> None:
    tracker = Tracker("node", lambda topic, announcement: told.put((topic, announcement)), max_listed=1)
    for topic, key in (("crowd", "1"), ("crowd", "2"), ("a", "1")):
        tracker.track(alive(), topic, key, {})
    assert told.take(lambda pair: pair[1] == Count(2), 2)
    for topic in ("crowd", "a"):
        tracker.owe(topic)
    tracker._announcer.kill()

    again = told.take(lambda pair: isinstance(pair[1], Again), 2)

    assert again
    assert again[0] == "a"
    tracker.stop()
