"""What is to be told of a node's own changes."""

from __future__ import annotations

import pytest

from rumbl_web.phoenix.tracker import changes
from rumbl_web.phoenix.tracker.changes import Changes, Range
from rumbl_web.phoenix.tracker.room import Entry


def entry(clock: int) -> Entry:
    return Entry(None, "room", "1", {"phx_ref": str(clock)}, clock)


def recording(*steps: tuple[Entry, int]) -> Changes:
    made = Changes()
    made.record(True)
    for one, clock in steps:
        made.add(one, clock)
    return made


def take(made: Changes, max_bytes: int = 1000) -> list[Range]:
    return list(made.take(lambda _entry: 10, max_bytes))


def test_who_came_and_who_went_since_the_last_time() -> None:
    one, two = entry(1), entry(2)
    made = recording((one, 1), (two, 2))
    assert take(made) == [Range(0, 2, [one, two], [])]

    made.add(one, 3)

    assert take(made) == [Range(2, 3, [], [1])]
    assert take(made) == []


def test_who_came_and_went_in_between_is_only_a_leave() -> None:
    one = entry(1)

    assert take(recording((one, 1), (one, 2))) == [Range(0, 2, [], [1])]


def test_ranges_follow_each_other_and_are_bounded() -> None:
    entries = [entry(clock) for clock in range(1, 8)]

    ranges = take(recording(*((one, one.clock) for one in entries)), max_bytes=25)

    assert [(part.start, part.end, len(part.joins)) for part in ranges] == [
        (0, 2, 2),
        (2, 4, 2),
        (4, 6, 2),
        (6, 7, 1),
    ]


def test_an_entry_that_is_too_large_by_itself_goes_alone() -> None:
    ranges = take(recording((entry(1), 1), (entry(2), 2)), max_bytes=5)

    assert [(part.start, part.end) for part in ranges] == [(0, 1), (1, 2)]


def test_a_range_may_hold_nothing_but_clocks() -> None:
    """Its join is in no message, yet the clocks have to follow each other."""
    gone, stays = entry(1), entry(2)

    ranges = take(recording((gone, 1), (stays, 2), (gone, 3)), max_bytes=10)

    assert [(part.start, part.end, len(part.joins), part.leaves) for part in ranges] == [
        (0, 2, 1, []),
        (2, 3, 0, [1]),
    ]


def test_nothing_is_kept_while_nobody_wants_to_know() -> None:
    made = Changes()
    made.add(entry(1), 1)
    assert len(made) == 0

    made.record(True)
    made.add(entry(2), 2)

    assert [(part.start, part.end) for part in take(made)] == [(1, 2)]
    made.add(entry(3), 3)
    made.record(False)
    assert (len(made), take(made), made.start) == (0, [], 3)


def test_too_many_are_dropped_and_leave_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MAX_CHANGES", 3)

    made = recording(*((entry(clock), clock) for clock in range(1, 6)))

    assert [(part.start, part.end) for part in take(made)] == [(4, 5)]
