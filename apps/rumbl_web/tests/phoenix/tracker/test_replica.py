"""One other node as it is known here: deltas that join on, gaps, and full states."""

from __future__ import annotations

from collections.abc import Sequence

from rumbl_web.phoenix.tracker.gossip import Delta, Page, Peer
from rumbl_web.phoenix.tracker.replica import Change, Replica
from rumbl_web.phoenix.tracker.room import Entry

PEER = Peer("node", "life")


def entry(clock: int) -> Entry:
    return Entry(None, "room", "1", {"phx_ref": str(clock)}, clock)


def delta(start: int, end: int, joins: Sequence[int] = (), leaves: Sequence[int] = ()) -> Delta:
    return Delta(PEER, start, end, [entry(clock) for clock in joins], leaves)


def page(clock: int, *entries: int, number: int = 0, pages: int = 1) -> Page:
    return Page(PEER, clock, number, pages, [entry(one) for one in entries])


def clocks(change: Change) -> tuple[list[int], list[int]]:
    return [one.clock for one in change.joins], [one.clock for one in change.leaves]


def replica(*entries: int, clock: int) -> Replica:
    made = Replica(PEER, 0.0)
    made.take_page(page(clock, *entries))
    assert made.clock == clock
    return made


def test_deltas_that_follow_each_other_are_merged() -> None:
    made = Replica(PEER, 0.0)

    assert clocks(made.merge(delta(0, 2, [1, 2]))) == ([1, 2], [])
    assert clocks(made.merge(delta(2, 4, [4], [1]))) == ([4], [1])
    assert (list(made.entries), made.clock, made.behind) == ([2, 4], 4, False)


def test_a_delta_after_a_gap_is_not_merged_and_leaves_the_replica_behind() -> None:
    made = replica(1, clock=1)

    assert made.merge(delta(2, 3, [3])) == Change()
    assert (list(made.entries), made.clock, made.behind) == ([1], 1, True)


def test_an_old_delta_changes_nothing() -> None:
    made = replica(3, clock=4)

    assert made.merge(delta(0, 4, [1, 3])) == Change()
    assert not made.behind


def test_of_a_delta_that_overlaps_only_the_new_part_counts() -> None:
    """Entry 2 has been seen to go already; entry 3 was seen to come, and goes in the part that is new."""
    made = replica(3, clock=4)

    assert clocks(made.merge(delta(0, 6, [2, 5], [3, 1]))) == ([5], [3])
    assert list(made.entries) == [5]


def test_a_full_state_heals_a_gap_and_takes_away_what_has_gone() -> None:
    made = replica(1, 2, clock=2)
    made.merge(delta(5, 6, [6]))

    assert clocks(made.take_page(page(6, 2, 4, 6))) == ([4, 6], [1])
    assert (list(made.entries), made.behind) == ([2, 4, 6], False)


def test_a_state_of_several_pages_counts_when_all_are_there_in_any_order() -> None:
    made = Replica(PEER, 0.0)

    assert made.take_page(page(9, 5, number=1, pages=3)) == Change()
    assert made.take_page(page(9, 5, number=1, pages=3)) == Change()
    assert made.take_page(page(9, 8, number=2, pages=3)) == Change()
    assert made.behind
    assert clocks(made.take_page(page(9, 1, number=0, pages=3))) == ([1, 5, 8], [])
    assert not made.behind


def test_pages_of_two_states_are_not_mixed() -> None:
    made = Replica(PEER, 0.0)
    made.take_page(page(9, 1, number=0, pages=2))

    made.take_page(page(12, 11, number=1, pages=2))
    made.take_page(page(9, 8, number=1, pages=2))
    assert made.clock == 0
    made.take_page(page(12, 8, number=0, pages=2))

    assert list(made.entries) == [8, 11]


def test_a_state_that_is_older_than_what_is_known_changes_nothing() -> None:
    made = replica(5, clock=7)

    assert made.take_page(page(6, 5, 6)) == Change()
    assert made.take_page(page(7)) == Change()


def test_a_claim_of_more_puts_it_behind() -> None:
    made = replica(1, clock=1)

    made.claim(1)
    assert not made.behind
    made.claim(2)
    assert made.behind
