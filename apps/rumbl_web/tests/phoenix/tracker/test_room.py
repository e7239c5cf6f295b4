"""What is told of a room, as pure data."""

from __future__ import annotations

from random import Random
from typing import Any

from info_sys.otp import Process
from rumbl_web.phoenix.tracker.room import Count, Diff, Entries, Entry, Everybody, Room, group


def entry(key: str, ref: str, **meta: Any) -> Entry:
    return Entry(Process(), "room", key, {**meta, "phx_ref": ref}, 1)


def metas(*refs: str) -> dict[str, Any]:
    return {"metas": [{"phx_ref": ref} for ref in refs]}


def crowd(size: int) -> tuple[Room, list[Entry]]:
    room, entries = Room(), [entry(str(n), f"r{n}") for n in range(size)]
    for one in entries:
        room.add(one)
    return room, entries


def refs(entries: Entries) -> set[str]:
    return {meta["phx_ref"] for entry in entries.values() for meta in entry["metas"]}


def tell(room: Room, views: list[set[str]]) -> None:
    """Announce, to whoever has a view, as its page takes it."""
    diff = room.announce()
    for view in views if isinstance(diff, Diff) else []:
        view.update(refs(diff.joins))
        view.difference_update(refs(diff.leaves))


class TestGroup:
    def test_sessions_of_one_key_are_metas_in_order(self) -> None:
        assert group([entry("1", "a"), entry("2", "b"), entry("1", "c")]) == {
            "1": metas("a", "c"),
            "2": metas("b"),
        }

    def test_at_most_limit_sessions_are_listed(self) -> None:
        assert group([entry("1", "a"), entry("1", "b"), entry("2", "c")], 2) == {"1": metas("a", "b")}

    def test_the_metas_are_copies(self) -> None:
        one = entry("1", "a")

        group([one])["1"]["metas"][0]["phx_ref"] = "changed"

        assert one.ref == "a"


class TestDiffs:
    def test_joins_and_leaves_since_the_last_announcement_are_one_diff(self) -> None:
        room, (first, second) = crowd(2)
        assert room.announce() == Diff({"0": metas("r0"), "1": metas("r1")}, {})

        room.remove(first)
        room.add(entry("2", "c"))

        assert room.announce() == Diff({"2": metas("c")}, {"0": metas("r0")})
        assert list(room.entries) == [second.ref, "c"]

    def test_nothing_new_is_nothing_to_tell(self) -> None:
        room, _ = crowd(1)
        room.announce()

        assert room.announce() is None

    def test_who_came_and_went_untold_is_never_told_of(self) -> None:
        room, (only,) = crowd(1)

        room.remove(only)

        assert room.announce() is None
        assert room.forgettable

    def test_who_was_shown_somebody_before_the_room_was_told_is_told_of_when_it_goes(self) -> None:
        room, (only,) = crowd(1)
        assert room.show() == {"0": metas("r0")}

        room.remove(only)

        assert room.announce() == Diff({}, {"0": metas("r0")})
        assert room.forgettable

    def test_who_comes_back_untold_is_told_of_if_somebody_was_shown_the_room_without(self) -> None:
        room, (only,) = crowd(1)
        room.announce()
        room.remove(only)
        assert room.show() == {}

        room.add(only)

        assert room.announce() == Diff({"0": metas("r0")}, {})

    def test_whenever_somebody_was_shown_the_room_its_later_diffs_keep_that_right(self) -> None:
        for seed in range(100):
            chance, (room, people) = Random(seed), crowd(3)
            views: list[set[str]] = []
            for _ in range(60):
                match chance.randrange(8), chance.choice(people):
                    case 0, _:
                        views.append(refs(room.show()))
                    case 1, _:
                        tell(room, views)
                    case _, one if one.ref in room.entries:
                        room.remove(one)
                    case _, one:
                        room.add(one)
            tell(room, views)
            assert all(view == room.entries.keys() for view in views), seed

    def test_what_was_shown_matters_to_the_next_announcement_alone(self) -> None:
        room, (only,) = crowd(1)
        room.show()
        room.announce()
        room.show()
        brief = entry("1", "b")

        room.add(brief)
        room.remove(brief)

        assert room.announce() is None
        assert list(room.entries.values()) == [only]

    def test_a_ref_that_another_node_took_as_well_changes_nothing_neither_coming_nor_going(self) -> None:
        room, (first,) = crowd(1)
        room.announce()
        double = entry("9", first.ref)

        room.add(double)
        assert (room.announce(), list(room.entries.values())) == (None, [first])
        room.remove(double)
        assert (room.announce(), list(room.entries.values())) == (None, [first])

    def test_a_room_is_kept_until_its_last_leave_is_told(self) -> None:
        room, (only,) = crowd(1)
        room.announce()
        room.remove(only)
        assert not room.forgettable

        assert room.announce() == Diff({}, {"0": metas("r0")})
        assert room.forgettable

    def test_the_window_grows_with_the_room_up_to_a_second(self) -> None:
        assert crowd(1)[0].window_ms() < 1
        assert crowd(250)[0].window_ms() == 25
        assert crowd(20_000)[0].window_ms() == 1000


class TestCrowds:
    def test_over_the_limit_only_the_number_is_told(self) -> None:
        room, _ = crowd(10)
        assert room.announce(10) == Diff({str(n): metas(f"r{n}") for n in range(10)}, {})

        room.add(entry("new", "x"))

        assert room.announce(10) == Count(11)
        assert room.announce(10) is None
        room.add(entry("newer", "y"))
        assert room.announce(10) == Count(12)
        assert room.window_ms() == 1000

    def test_well_under_the_limit_the_whole_list_is_told(self) -> None:
        room, entries = crowd(11)
        assert room.announce(10) == Count(11)

        room.remove(entries[0])
        room.remove(entries[1])
        assert room.announce(10) == Count(9)
        room.remove(entries[2])

        assert room.announce(10) == Everybody({str(n): metas(f"r{n}") for n in range(3, 11)})
        room.remove(entries[3])
        assert room.announce(10) == Diff({}, {"3": metas("r3")})

    def test_a_crowd_that_leaves_at_once_leaves_nothing_behind(self) -> None:
        room, entries = crowd(11)
        room.announce(10)

        for one in entries:
            room.remove(one)

        assert room.announce(10) == Everybody({})
        assert room.forgettable

    def test_without_a_limit_there_is_no_crowd(self) -> None:
        room, _ = crowd(5000)

        assert isinstance(room.announce(None), Diff)
