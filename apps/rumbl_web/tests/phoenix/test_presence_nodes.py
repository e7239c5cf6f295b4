"""Presence on several nodes, as clients see it. What may happen to messages: tracker/test_cluster.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.presence import Periods
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.tracker import room, tracker

from .presence_site import PATIENT, QUICK, TOPIC, Node, Person, by_ref, eventually

CONTROL = "phx_presence:room"

MakeNode = Callable[..., Node]


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def start(network: Network) -> Iterator[MakeNode]:
    """Start a node by name; all are stopped at the end."""
    made: list[Node] = []

    def make(name: str, periods: Periods = PATIENT, max_listed: int | None = None) -> Node:
        made.append(Node(network.adapter(name), periods, max_listed))
        return made[-1]

    yield make
    for node in made:
        node.stop()


@pytest.fixture
def pair(start: MakeNode) -> tuple[Node, Node]:
    return start("a"), start("b")


def assert_same(*nodes: Node) -> None:
    """Soon all nodes list the same."""
    lists = [lambda node=node: by_ref(node.presence.list(TOPIC)) for node in nodes]
    eventually(lambda: all(one() == lists[0]() for one in lists), lambda: [one() for one in lists])


def die(network: Network, node: Node) -> None:
    """As `kill -9` does: no goodbye, nothing more is said or heard."""
    network.cut(node.endpoint.pubsub.adapter.node_name)
    node.stop()


class TestOneSite:
    def test_a_join_on_one_node_is_a_diff_on_the_other(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        watcher = here.enter("1")

        person = there.enter("2")

        eventually(lambda: len(watcher.heard("presence_diff")) == 2)
        meta = {"device": "browser", "phx_ref": person.own_ref}
        joins = {"2": {"metas": [meta], "user": {"username": "user2"}}}
        assert watcher.heard("presence_diff")[1] == {"joins": joins, "leaves": {}}

    def test_a_late_joiner_on_another_node_gets_the_whole_list_first(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        people = [here.enter("1"), there.enter("2")]
        assert_same(here, there)

        late = there.enter("3")

        assert by_ref(late.heard("presence_state")[0]).keys() == {"1", "2"}
        eventually(lambda: all(person.agrees() for person in (*people, late)))
        assert late.view().keys() == {"1", "2", "3"}

    def test_two_tabs_on_two_nodes_are_two_metas_of_one_key(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        first, second = here.enter("1"), there.enter("1")
        eventually(lambda: here.keys() == there.keys() == {"1": 2})
        assert {meta["phx_ref"] for meta in here.presence.get_by_key(TOPIC, 1)} == {
            first.own_ref,
            second.own_ref,
        }
        assert here.presence.count(TOPIC) == there.presence.count(TOPIC) == 2

        second.server.closed(1001)

        eventually(
            lambda: first.view() == {"1": {first.own_ref: {"device": "browser", "phx_ref": first.own_ref}}}
        )
        assert here.keys() == {"1": 1}

    def test_an_update_is_one_diff_that_names_the_ref_before(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        watcher, person = here.enter("1"), there.enter("2")
        eventually(lambda: len(watcher.heard("presence_diff")) == 2)

        person.send(f'["1","2","{TOPIC}","update",{{"typing":true}}]')

        eventually(lambda: len(watcher.heard("presence_diff")) == 3)
        diff = watcher.heard("presence_diff")[2]
        (after,) = diff["joins"]["2"]["metas"]
        assert (after["typing"], after["phx_ref_prev"]) == (True, person.own_ref)
        assert [meta["phx_ref"] for meta in diff["leaves"]["2"]["metas"]] == [person.own_ref]

    @pytest.mark.parametrize("how", ["phx_leave", "untrack", "crash", "close", "reset", "kill"])
    def test_a_leave_is_seen_on_the_other_node_however_it_came(
        self, pair: tuple[Node, Node], how: str
    ) -> None:
        here, there = pair
        watcher, person = here.enter("1"), there.enter("2")
        eventually(lambda: "2" in watcher.view())
        process = person.server.channels[TOPIC]

        match how:
            case "close":
                person.server.closed(1001)
            case "reset":
                person.server.closed(1006)
            case "kill":
                process.kill()
            case event:
                person.send(f'["1","2","{TOPIC}","{event}",{{}}]')

        eventually(lambda: watcher.view().keys() == {"1"})
        assert here.keys() == {"1": 1}

    def test_many_joins_are_few_queries(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        eventually(here.presence.nodes)
        for number in range(2000):
            there.track(str(number))

        eventually(lambda: here.presence.count(TOPIC) == 2000)
        eventually(lambda: sum(map(len, here.presence.queries)) >= 2000)
        assert len(here.presence.queries) < 1000

    def test_a_crowd_is_the_crowd_of_all_nodes(
        self, start: MakeNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(room, "MAX_WINDOW_MS", 200.0)
        here, there = start("a", max_listed=4), start("b", max_listed=4)
        watcher = here.enter("1")
        others = [there.track(str(number)) for number in range(2, 7)]

        eventually(lambda: {"count": 6} in watcher.heard("presence_count"))
        for process in others[:3]:
            process.stop()

        eventually(lambda: watcher.view().keys() == {"1", "5", "6"})

    @pytest.mark.parametrize("key", ["__proto__", "constructor", "", "x" * 5000, "ключ 🗝", "a:b", "\0"])
    def test_any_key_is_harmless(self, pair: tuple[Node, Node], key: str) -> None:
        here, there = pair
        watcher = here.enter("1")
        process = there.track(key)
        eventually(lambda: watcher.view().keys() == {"1", key})

        process.stop()

        eventually(lambda: watcher.view().keys() == {"1"})
        assert here.keys() == {"1": 1}

    def test_presences_of_two_names_don_t_mix(self, start: MakeNode, network: Network) -> None:
        here = start("a")
        there = Node(network.adapter("b"))
        there.presence.stop()
        other = type(there.presence)(there.endpoint, periods=PATIENT, name="other")
        here.track("1")
        there.presence = other
        there.track("2")

        eventually(lambda: here.keys() == {"1": 1})
        assert there.keys() == {"2": 1}
        assert here.presence.nodes() == {}
        there.stop()


class TestNodes:
    def test_a_stopped_nodes_presences_leave_at_once(self, start: MakeNode) -> None:
        here, there = start("a"), start("b")
        watcher, _ = here.enter("1"), there.enter("2")
        eventually(lambda: "2" in watcher.view())

        there.stop()

        eventually(lambda: watcher.view().keys() == {"1"})
        assert here.presence.nodes() == {}

    def test_500_presences_of_a_killed_node_leave_after_the_down_period(
        self, start: MakeNode, network: Network
    ) -> None:
        here, there = start("a", QUICK), start("b", QUICK)
        watcher = here.enter("watcher")
        for number in range(500):
            there.track(str(number))
        eventually(lambda: len(watcher.view()) == 501)

        die(network, there)
        back = [here.track(str(number)) for number in range(0, 500, 2)]

        eventually(lambda: len(watcher.view()) == 251)
        assert watcher.agrees()
        assert set(here.keys().values()) == {1}
        assert len(back) == 250

    def test_a_node_started_again_under_its_name_follows_its_former_life(
        self, start: MakeNode, network: Network
    ) -> None:
        here, there = start("a"), start("b")
        watcher = here.enter("1")
        there.track("before")
        eventually(lambda: "before" in watcher.view())
        die(network, there)

        again = start("b")
        again.track("after")

        eventually(lambda: watcher.view().keys() == {"1", "after"})
        assert_same(here, again)

    def test_a_third_node_learns_of_everybody(self, pair: tuple[Node, Node], start: MakeNode) -> None:
        here, there = pair
        here.track("1")
        there.track("2")
        assert_same(here, there)

        third = start("c")

        eventually(lambda: third.keys() == {"1": 1, "2": 1})

    def test_parted_nodes_work_alone_and_agree_again_after_healing(
        self, start: MakeNode, network: Network
    ) -> None:
        here, there = start("a", QUICK), start("b", QUICK)
        people = [here.enter("1"), there.enter("2")]
        gone = there.track("gone")
        eventually(lambda: all(len(person.view()) == 3 for person in people))

        network.cut("b")
        eventually(lambda: people[0].view().keys() == {"1"})
        eventually(lambda: people[1].view().keys() == {"2", "gone"})
        people += [here.enter("3"), there.enter("4")]
        gone.stop()
        eventually(lambda: people[1].view().keys() == {"2", "4"})
        network.heal("b")

        eventually(lambda: all(person.view().keys() == {"1", "2", "3", "4"} for person in people))
        assert all(person.agrees() for person in people)

    def test_a_killed_replicator_is_replaced(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        there.track("1")
        eventually(lambda: here.keys() == {"1": 1})
        replicator = here.presence._tracker._replicator
        assert replicator is not None
        replicator.stop()

        there.track("2")
        here.track("3")

        eventually(lambda: here.keys() == there.keys() == {"1": 1, "2": 1, "3": 1})

    def test_what_does_not_fit_into_the_mailbox_is_asked_for(
        self, pair: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here, there = pair
        eventually(here.presence.nodes)
        monkeypatch.setattr(tracker, "MAX_WAITING", 0)
        there.track("1")
        there.presence._tracker.flush()
        monkeypatch.undo()

        eventually(lambda: here.keys() == {"1": 1})

    @pytest.mark.parametrize("seed", range(5))
    def test_after_chance_every_page_shows_what_a_fresh_list_says(
        self, pair: tuple[Node, Node], seed: int
    ) -> None:
        dice = Random(seed)
        stay = [node.enter(f"stays on {number}") for number, node in enumerate(pair)]
        people: list[Person] = []
        for _ in range(100):
            if len(people) < 3 or dice.random() < 0.5:
                people.append(Person(dice.choice(pair), str(dice.randrange(5))))
                continue
            one = people.pop(dice.randrange(len(people)))
            match dice.choice(["close", "kill", "update", "phx_leave"]):
                case "close":
                    one.server.closed(1006)
                case "kill":
                    one.server.channels[TOPIC].kill()
                case event:
                    one.send(f'["1","2","{TOPIC}","{event}",{{"n":1}}]')
        eventually(lambda: all(person.own_ref for person in people))

        assert_same(*pair)

        eventually(lambda: all(person.agrees() for person in stay))


class TestStrangers:
    def test_what_is_no_message_is_reported_and_ignored(
        self, pair: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reports: list[str] = []
        monkeypatch.setattr(mistakes, "report", lambda _log, text, *_: reports.append(text))
        here, there = pair
        strangers = [
            ("heartbeat", {}),
            ("delta", {"from": ["x", "y"], "joins": 7}),
            ("hello", {"from": ["x", "y"]}),
            ("bye", b""),
        ]

        for event, payload in strangers:
            there.endpoint.broadcast(CONTROL, event, payload)
        there.track("1")

        eventually(lambda: here.keys() == {"1": 1})
        eventually(lambda: len(reports) == 2 * len(strangers))
        assert set(reports) == {"presence: ignored what another node said: %.200s"}

    def test_what_is_no_broadcast_is_not_for_it(self, start: MakeNode) -> None:
        (ear,) = start("a").endpoint.pubsub.receivers(CONTROL)

        assert ear.send("mail")

    @pytest.mark.parametrize("meta", [{"x": object()}, {"x": {1}}, {"x": 2**70}, {"x": "\ud800"}])
    def test_a_meta_that_is_no_json_is_the_callers_error(
        self, pair: tuple[Node, Node], meta: dict[str, object]
    ) -> None:
        here, there = pair
        with pytest.raises(TypeError):
            there.track("1", meta)

        there.track("2")

        eventually(lambda: here.keys() == {"2": 1})

    def test_a_goodbye_is_no_loss_for_a_node_that_is_stopping_too(
        self, pair: tuple[Node, Node], caplog: pytest.LogCaptureFixture
    ) -> None:
        here, there = pair
        here.presence._tracker.supervisor().stop()  # as the site does, before presence stops

        there.presence.stop()

        assert "missed" not in caplog.text

    def test_after_the_stop_nothing_is_heard(self, pair: tuple[Node, Node]) -> None:
        here, there = pair
        here.presence.stop()

        assert here.endpoint.pubsub.receivers(CONTROL) == []
        assert here.presence._tracker.hear("bye", {})
        there.endpoint.pubsub.deliver(Broadcast(CONTROL, "bye", {}))
