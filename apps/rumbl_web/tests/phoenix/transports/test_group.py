"""The log and the rounds of a group, without a hub."""

from __future__ import annotations

import sys
from array import array
from typing import cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rumbl_web.phoenix.transports.connection import HubConnection
from rumbl_web.phoenix.transports.group import CANCELLED, Group, HubSubscription

from ...chance import times

NOBODY = cast(HubConnection, None)


def visit(group: Group, most: int) -> list[tuple[HubSubscription, list[bytes]]]:
    """Make up to `most` visits and return what each subscription got."""
    delivered = []
    for place in range(*group.take_visits(most).indices(sys.maxsize)):
        cursor = group.cursors[place]
        if cursor < group.end:
            delivered.append((group.members[place], group.since(cursor)))
            group.advance(slice(place, place + 1))
    group.settle()
    return delivered


def group_of(number: int) -> tuple[Group, list[HubSubscription]]:
    group, members = Group("room"), [HubSubscription(NOBODY) for _ in range(number)]
    for member in members:
        group.add(member)
    return group, members


def in_the_middle() -> tuple[Group, list[HubSubscription]]:
    """A group of four in a round: two were visited, then a second message came."""
    group, members = group_of(4)
    group.append(b"one", 1)
    visit(group, 2)
    group.append(b"two", 2)
    return group, members


def test_every_subscription_is_visited_once_after_a_publish() -> None:
    group = Group("room")
    members = [HubSubscription(NOBODY) for _ in range(5)]
    for member in members:
        group.add(member)

    group.append(b"one", 1)

    assert visit(group, 3) == [(member, [b"one"]) for member in members[:3]]
    assert visit(group, 3) == [(member, [b"one"]) for member in members[3:]]
    assert group.todo == 0


def test_whoever_is_visited_later_takes_along_what_came_meanwhile() -> None:
    group, members = in_the_middle()

    assert visit(group, 4) == [(member, [b"one", b"two"]) for member in members[2:]]
    assert visit(group, 4) == [(member, [b"two"]) for member in members[:2]]


def test_who_comes_in_the_middle_of_a_round_takes_nobodys_visit() -> None:
    group, members = in_the_middle()
    group.add(HubSubscription(NOBODY))

    assert visit(group, 9) == [(member, [b"one", b"two"]) for member in members[2:]]
    assert visit(group, 9) == [(member, [b"two"]) for member in members[:2]]
    assert group.todo == 0


def test_the_log_holds_two_rounds_at_most() -> None:
    group = Group("room")
    for _ in range(10):
        group.add(HubSubscription(NOBODY))

    longest = 0
    for number in range(200):
        group.append(b"x", number)
        visit(group, 1)
        longest = max(longest, len(group._frames))

    assert longest <= 21


def test_places_are_level_while_all_may_be_written_to_and_lack_the_same() -> None:
    group, members = group_of(4)
    everybody = slice(0, 4)

    assert group.level(everybody) is None, "they are held"
    group.fds[everybody] = array("i", (5, 6, 7, 8))
    assert group.level(everybody) == 0
    group.append(b"one", 1)
    group.advance(slice(0, 1))
    assert group.level(everybody) is None, "the first one is ahead"
    assert (group.level(slice(0, 1)), group.level(slice(1, 4))) == (1, 0)
    group.remove(members[2])
    assert group.level(slice(1, 4)) is None, "one has left"


def test_places_follow_their_members_when_gaps_are_closed() -> None:
    group = Group("room")
    members = [HubSubscription(NOBODY) for _ in range(40)]
    for number, member in enumerate(members):
        group.add(member)
        group.fds[number] = 100 + number

    for member in members[:30]:
        group.remove(member)

    stayed = members[30:]
    assert len(group.members) < 40
    assert [group.fds[one.place] for one in stayed] == list(range(130, 140))
    assert [group.members[one.place] for one in stayed] == stayed


def test_after_gaps_were_closed_each_is_visited_once_wherever_the_round_had_stopped() -> None:
    group, members = group_of(40)
    group.append(b"one", 1)
    visit(group, 30)
    group.append(b"two", 2)
    while group.todo:
        visit(group, 40)
    for member in members[:21]:
        group.remove(member)
    assert len(group.members) == 19

    group.append(b"three", 3)
    visited: list[int] = []
    while group.todo:
        visited += range(*group.take_visits(7).indices(sys.maxsize))
        group.settle()

    assert sorted(visited) == list(range(19))


class Rounds(RuleBasedStateMachine):
    """Joins, leaves, publishes and visits in any order: everybody gets everything once and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.group = Group("room")
        self.wanted: dict[HubSubscription, list[bytes]] = {}
        self.received: dict[HubSubscription, list[bytes]] = {}
        self.published = 0

    @rule()
    def join(self) -> None:
        member = HubSubscription(NOBODY)
        self.group.add(member)
        self.wanted[member], self.received[member] = [], []

    @rule(which=st.integers(0, 1000))
    def leave(self, which: int) -> None:
        if self.wanted:
            member = list(self.wanted)[which % len(self.wanted)]
            self.group.remove(member)
            del self.wanted[member]

    @rule(times=st.integers(1, 3))
    def publish(self, times: int) -> None:
        for _ in range(times if self.wanted else 0):
            self.published += 1
            frame = str(self.published).encode()
            self.group.append(frame, self.published)
            for frames in self.wanted.values():
                frames.append(frame)

    @rule(most=st.integers(1, 6))
    def make_visits(self, most: int) -> None:
        for member, frames in visit(self.group, most):
            self.received[member] += frames

    @invariant()
    def nobody_gets_what_is_not_its(self) -> None:
        for member, frames in self.wanted.items():
            assert frames[: len(self.received[member])] == self.received[member]

    @invariant()
    def nobody_waits_without_visits_to_come(self) -> None:
        if not self.group.todo:
            assert all(self.received[member] == frames for member, frames in self.wanted.items())
            assert self.group._frames == [] or not self.wanted

    def teardown(self) -> None:
        rounds = 0
        while self.group.todo:
            self.make_visits(5)
            rounds += 1
            assert rounds < 1000
        assert all(self.received[member] == frames for member, frames in self.wanted.items())
        assert all(member.cursor != CANCELLED for member in self.wanted)


Rounds.TestCase.settings = times(0.4, stateful_step_count=40)
TestRounds = Rounds.TestCase
