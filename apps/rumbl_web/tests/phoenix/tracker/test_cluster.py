"""Several nodes as pure data: whatever happens between them, they agree in the end."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from info_sys.otp import Process
from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.cluster import Periods

from ...chance import times
from .world import PERIODS, Dice, World

DOWN = int(PERIODS.down / PERIODS.heartbeat)
FORGET = int(PERIODS.forget / PERIODS.heartbeat)


def chance(size: int) -> st.SearchStrategy[bytes]:
    """So many bytes: a throw of the dice takes two."""
    return st.binary(min_size=size, max_size=size)


def acquainted(*names: str) -> World:
    """Nodes that have heard of each other."""
    world = World(*names)
    world.settle()
    return world


def run(dice: Dice, steps: int, max_listed: int | None = None) -> World:
    world = World("one", "two", "three", max_listed=max_listed)
    for _ in range(steps):
        world.happen(dice)
    return world


class TestAgreement:
    @times(0.75)
    @given(chance(2000), st.sampled_from([40, 150, 60_000]))
    def test_after_any_trouble_everybody_lists_what_the_living_nodes_own(
        self, chance: bytes, max_bytes: int
    ) -> None:
        dice = Dice.of_bytes(chance)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gossip, "MAX_BYTES", max_bytes)
            world = run(dice, 150)

            world.heal()

            world.assert_agreed()

    @pytest.mark.parametrize("block", range(10))
    def test_500_random_changes_and_failures_with_seeds_1_to_100(self, block: int) -> None:
        for seed in range(block * 10 + 1, block * 10 + 11):
            world = run(Dice.of_seed(seed), 500)
            world.heal()
            world.assert_agreed()

    @pytest.mark.parametrize("max_listed", [0, 1, 5, 10])
    def test_a_room_that_was_a_crowd_for_a_while_is_listed_again(self, max_listed: int) -> None:
        for seed in range(15):
            world = run(Dice.of_seed(seed), 300, max_listed)
            world.heal()
            world.assert_agreed()

    @given(chance(600))
    def test_lost_doubled_and_reordered_messages_are_made_good_within_a_few_heartbeats(
        self, chance: bytes
    ) -> None:
        dice = Dice.of_bytes(chance)
        world = acquainted("one", "two")
        for _ in range(30):
            node = dice.choice([*world.nodes.values()])
            node.change(dice)
            world.flush(node.name)
        dice.shuffle(world.under_way)
        world.under_way = [message for message in world.under_way for _ in range(dice.choice([0, 1, 1, 2]))]

        world.settle()
        world.pass_time(3)

        world.assert_agreed()


class TestSilence:
    def test_a_silent_nodes_entries_leave_within_the_down_period(self) -> None:
        world = acquainted("one", "two")
        world.nodes["two"].state.track(Process(), "a", "1", {})
        world.pass_time(1)
        assert world.nodes["one"].refs()

        world.kill("two")
        world.pass_time(DOWN - 2)
        assert world.nodes["one"].refs()
        world.pass_time(1)

        assert not world.nodes["one"].refs()

    def test_they_come_back_with_it_and_without_being_told_again(self) -> None:
        world = acquainted("one", "two")
        world.nodes["two"].state.track(Process(), "a", "1", {})
        world.pass_time(1)
        world.parted = {"two"}
        world.pass_time(DOWN)
        assert not world.nodes["one"].refs()

        world.parted.clear()
        world.tick("two")
        told = [event for _, event, _ in world.under_way]
        world.settle()

        assert told == ["heartbeat"]
        world.assert_agreed()

    def test_after_a_split_nobody_sees_what_has_left_meanwhile(self) -> None:
        world = acquainted("one", "two")
        gone, stays = Process(), Process()
        world.nodes["two"].state.track(gone, "a", "gone", {})
        world.nodes["two"].state.track(stays, "a", "stays", {})
        world.pass_time(1)
        world.parted = {"two"}
        world.pass_time(DOWN)
        world.nodes["two"].state.forget(gone)
        world.nodes["one"].state.track(Process(), "a", "local", {})
        world.flush("two")
        seen = []

        world.parted.clear()
        world.tick("two")
        while world.step():
            seen.append(set(world.nodes["one"].listed("a")))

        assert not any("gone" in keys for keys in seen)
        world.pass_time(1)
        world.assert_agreed()
        assert set(world.nodes["one"].listed("a")) == {"stays", "local"}

    def test_a_node_that_is_silent_for_long_is_forgotten(self) -> None:
        world = acquainted("one", "two")
        world.kill("two")

        world.pass_time(FORGET + 1)

        assert world.nodes["one"].cluster.replicas == {}

    def test_whoever_was_stopped_itself_does_not_take_the_others_for_silent(self) -> None:
        world = acquainted("one", "two")
        world.nodes["two"].state.track(Process(), "a", "1", {})
        world.pass_time(1)

        world.now += 10 * PERIODS.down
        world.tick("one")

        assert world.nodes["one"].refs()


class TestLives:
    def test_a_stopping_node_says_goodbye_and_leaves_at_once(self) -> None:
        world = acquainted("one", "two", "three")
        world.nodes["two"].state.track(Process(), "a", "1", {})
        world.pass_time(1)

        world.stop("two")
        world.settle()

        assert not world.nodes["one"].refs() | world.nodes["three"].refs()

    def test_what_comes_late_from_a_node_that_has_said_goodbye_means_nothing(self) -> None:
        world = acquainted("one", "two")
        world.nodes["two"].state.track(Process(), "a", "1", {})
        world.flush("two")
        world.stop("two")

        world.deliver(1)
        world.deliver(0)

        assert world.nodes["one"].cluster.replicas == {}

    def test_a_node_started_again_under_its_name_takes_the_place_of_its_former_life(self) -> None:
        world = acquainted("one", "two")
        world.nodes["two"].state.track(Process(), "a", "before", {})
        world.pass_time(1)

        world.kill("two")
        world.start("two").state.track(Process(), "a", "after", {})
        world.pass_time(1)

        assert set(world.nodes["one"].listed("a")) == {"after"}
        world.assert_agreed()

    def test_a_newcomer_knows_everybody_at_once(self) -> None:
        world = acquainted("one", "two")
        for name in ("one", "two"):
            world.nodes[name].state.track(Process(), "a", name, {})
        world.pass_time(1)

        world.names = (*world.names, "three")
        world.start("three")
        world.settle()

        assert set(world.nodes["three"].listed("a")) == {"one", "two"}

    def test_two_nodes_of_one_name_are_reported(self, caplog: pytest.LogCaptureFixture) -> None:
        world = World("one")

        for clock in (3, 4):
            namesake = gossip.Heartbeat(gossip.Peer("one", "other"), clock)
            world.nodes["one"].cluster.receive(namesake, world.now)

        assert caplog.text.count("two presences on nodes called 'one'") == 1
        assert world.nodes["one"].cluster.replicas == {}


class TestWallClocks:
    def test_they_may_jump_by_an_hour_at_any_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hour_ns, clock, now_ns = 3_600_000_000_000, Random(22), time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: now_ns() + clock.randrange(-hour_ns, hour_ns))
        monkeypatch.setattr(time, "time", lambda: clock.uniform(0, 2e9))

        world = run(Dice.of_seed(22), 500)
        world.heal()

        world.assert_agreed()


class TestMessages:
    def test_a_storm_of_joins_is_a_few_messages_of_bounded_size(self) -> None:
        world = acquainted("one", "two")
        for number in range(5000):
            world.nodes["one"].state.track(Process(), "a", str(number), {"device": "browser"})

        world.flush("one")

        assert len(world.under_way) < 20
        assert max(len(data) for _, _, data in world.under_way) < gossip.MAX_BYTES * 1.2
        world.settle()
        assert len(world.nodes["two"].refs()) == 5000

    def test_a_node_that_is_alone_keeps_no_changes(self) -> None:
        world = World("one")
        world.under_way.clear()
        for _ in range(10):
            world.nodes["one"].state.track(Process(), "a", "1", {})

        assert len(world.nodes["one"].state.changes) == 0
        world.flush("one")
        assert world.under_way == []

    def test_many_who_ask_in_a_while_get_one_answer(self) -> None:
        world = acquainted("one", "two")
        cluster = world.nodes["one"].cluster
        for life in ("x", "y"):
            cluster.receive(gossip.Ask(gossip.Peer(life, life), cluster.me), world.now)
            assert not any(isinstance(message, gossip.Page) for message in cluster.take_urgent())

        assert [type(message) for message in cluster.take()] == [gossip.Page]

    def test_a_question_to_another_is_not_answered(self) -> None:
        world = acquainted("one", "two", "three")
        cluster = world.nodes["one"].cluster

        cluster.receive(gossip.Ask(world.nodes["two"].cluster.me, world.nodes["three"].cluster.me), world.now)

        assert not cluster.asked
        assert cluster.take() == []


class TestPeriods:
    def test_what_is_not_said_follows_from_the_down_period(self) -> None:
        assert Periods() == Periods(down=10_000, heartbeat=1500, forget=120_000, batch=50)
        assert Periods(down=400).heartbeat == 100

    @pytest.mark.parametrize(("down", "heartbeat", "forget"), [(10, 4, 20), (10, 3, 10), (-1, 0, 0)])
    def test_periods_that_do_not_fit_are_refused(self, down: float, heartbeat: float, forget: float) -> None:
        with pytest.raises(ValueError, match="heartbeat"):
            Periods(down, heartbeat, forget)
