"""The judges of a soak see what is wrong: in records that are made up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.soak import faults, logs, memory
from tests.soak.judge import Goal, Stored, View, judge
from tests.soak.memory import Series

VIDEO, OTHER = 7, 8
KEYS = {"a", "b"}
ACKNOWLEDGED = {"a": 1, "b": 2}
STORED = [Stored(1, "a", VIDEO), Stored(2, "b", VIDEO)]
SEEN = {1, 2}


def missed(
    written: set[str] = KEYS,
    acknowledged: dict[str, int] = ACKNOWLEDGED,
    stored: list[Stored] = STORED,
    seen: set[int] = SEEN,
) -> dict[str, tuple[float, str]]:
    """The goals that are missed: how much, and the note."""
    views = [
        lambda: View("one", VIDEO, SEEN),
        lambda: View("two", VIDEO, seen),
        lambda: View("far", OTHER, {9}),
    ]
    goals = judge(
        {VIDEO: written, OTHER: {"c"}},
        {VIDEO: acknowledged, OTHER: {"c": 9}},
        [*stored, Stored(9, "c", OTHER)],
        views,
    )
    return {goal.name: (goal.value, goal.note) for goal in goals if not goal.met}


class TestNotes:
    def test_where_all_is_well_nothing_is_missed(self) -> None:
        assert missed() == {}

    def test_a_note_that_was_never_acknowledged_is_lost(self) -> None:
        assert missed(acknowledged={"a": 1}) == {"lost: notes that were never acknowledged": (1, "b")}

    def test_an_acknowledged_note_that_is_not_in_the_database_is_lost(self) -> None:
        assert missed(stored=STORED[:1], seen={1, 2}) == {
            "lost: acknowledged notes that are not in the database": (1, "b as 2"),
            "shown notes that are not in the database": (2, "one shows [2], two shows [2]"),
        }

    def test_so_is_one_that_was_acknowledged_under_the_id_of_another(self) -> None:
        found = missed(acknowledged={"a": 1, "b": 1})
        assert found == {"lost: acknowledged notes that are not in the database": (1, "b as 1")}

    def test_a_note_that_one_tab_does_not_show_is_lost(self) -> None:
        assert missed(seen={1}) == {"lost: stored notes that a tab does not show": (1, "two lacks [2]")}

    def test_a_note_that_is_stored_twice_is_found(self) -> None:
        found = missed(stored=[*STORED, Stored(3, "b", VIDEO)], seen={1, 2, 3})
        assert found["twice: notes stored more than once"] == (1, "b")

    def test_a_note_on_another_video_is_neither_stored_nor_written_there(self) -> None:
        found = missed(stored=[STORED[0], Stored(2, "b", OTHER)])
        assert found["lost: acknowledged notes that are not in the database"] == (1, "b as 2")
        assert found["notes in the database that nobody wrote"] == (1, "b")

    def test_a_goal_says_by_how_much_it_is_missed_and_where(self) -> None:
        assert str(Goal("lost", 3, note="here")) == "MISSED  lost: 3 (at most 0); here"
        assert str(Goal("growth, %", 0.5, 1)) == "met     growth, %: 0.5 (at most 1)"


class TestMemory:
    @staticmethod
    def series(seconds: int, growth_in_ten_minutes: float) -> Series:
        """A young process that doubles, then grows from 100 MB by such a share of it."""
        young = [(at, 50_000_000 + at * 277_000) for at in range(0, 180, 5)]
        later = range(180, 180 + seconds, 5)
        sizes = [(at, int(100e6 * (1 + growth_in_ten_minutes * (at - 180) / 600))) for at in later]
        return Series("worker 1", [*young, *sizes])

    @pytest.mark.parametrize(("growth", "met"), [(0.0, True), (-0.05, True), (0.009, True), (0.02, False)])
    def test_a_slope_is_of_the_time_after_the_warm_up(self, growth: float, met: bool) -> None:
        [goal] = memory.goals([self.series(1800, growth)])
        assert goal.met == met
        assert goal.value == pytest.approx(100 * growth, abs=0.5)

    def test_too_short_a_series_is_said_to_be_too_short(self) -> None:
        short = self.series(300, 0.5)
        assert memory.goals([short, Series("worker 2")]) == []
        assert str(short).endswith("too short for a slope")


class TestLogs:
    LINES = (
        "rumbl is up",
        '{"level": "info", "logger": "rumbl_web.request", "message": "GET / 200"}',
        '{"level": "warning", "logger": "rumbl_web.redis", "message": "lost after 2.5 s"}',
        '{"level": "error", "logger": "gunicorn.error", "message": "Worker (pid:17) was sent SIGKILL!"}',
    )

    def test_what_the_faults_do_themselves_is_no_error_of_the_site(self) -> None:
        injected, others = logs.read(self.LINES)
        assert injected == {"a worker was killed": 1}
        assert logs.goal(others).met
        assert logs.warnings(self.LINES) == {"rumbl_web.redis: lost after N.N s": 1}

    @pytest.mark.parametrize("line", [
        '{"level": "error", "logger": "x", "message": "no worker, another error"}',
        '{"level": "info", "logger": "x", "message": "m", "exception": "Traceback ...\\nValueError: 3"}',
        "Traceback (most recent call last):",
    ])  # fmt: skip
    def test_anything_else_that_is_wrong_is(self, line: str) -> None:
        _, others = logs.read([*self.LINES, line, line])
        goal = logs.goal(others)
        assert (goal.value, goal.met) == (2, False)
        assert goal.note.startswith("2 x ")


class TestFaults:
    def test_a_seed_repeats_a_run_and_another_one_does_not(self) -> None:
        assert list(faults.schedule(1, 3600, 300)) == list(faults.schedule(1, 3600, 300))
        assert list(faults.schedule(1, 3600, 300)) != list(faults.schedule(2, 3600, 300))

    def test_every_kind_has_its_turn_before_any_comes_again(self) -> None:
        kinds = [kind for _, kind in faults.schedule(3, 3600, 300)]
        assert len(kinds) == 12
        assert set(kinds[:5]) == set(kinds[5:10]) == set(faults.KINDS)

    def test_each_has_time_to_heal_before_the_next_and_the_end(self) -> None:
        moments = [at for at, _ in faults.schedule(4, 3600, 300)]
        assert all(begun <= at < begun + 150 for begun, at in zip(range(0, 3600, 300), moments, strict=True))
        assert all(later - at > 150 for at, later in pairwise(moments))
