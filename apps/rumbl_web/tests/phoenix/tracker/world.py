"""Several nodes and a bad network between them, as pure data: no thread, no clock, no sleep.

Messages are really written and read. Every node has an observer who only sees what is announced there.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Any, TypeVar

import orjson

from info_sys.otp import Process
from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.cluster import Cluster, Periods
from rumbl_web.phoenix.tracker.gossip import Message, Peer
from rumbl_web.phoenix.tracker.room import Announcement, Diff, Everybody, group
from rumbl_web.phoenix.tracker.state import State

PERIODS = Periods(down=40, heartbeat=10, forget=200)
TOPICS = ("a", "b")
KEYS = ("1", "2", "__proto__")
HEALING = Periods(down=40, heartbeat=10, forget=50)
T = TypeVar("T")


class Dice:
    """What `roll` makes of chance: it gives numbers from 0 up to 1. Plainer, and cheaper, than a Random."""

    def __init__(self, roll: Callable[[], float]) -> None:
        self.roll = roll

    @classmethod
    def of_seed(cls, seed: int) -> Dice:
        return cls(Random(seed).random)

    @classmethod
    def of_bytes(cls, data: bytes) -> Dice:
        """Two bytes a throw, and zeros after the last: what hypothesis draws at once, and makes smaller."""
        words = iter(array("H", data))
        return cls(lambda: next(words, 0) / 65536)

    def below(self, limit: int) -> int:
        return int(self.roll() * limit)

    def choice(self, some: Sequence[T]) -> T:
        return some[int(self.roll() * len(some))]

    def shuffle(self, some: list[T]) -> None:
        for place in range(len(some) - 1, 0, -1):
            other = self.below(place + 1)
            some[place], some[other] = some[other], some[place]


class Node:
    """One life of one node, with the processes that live there and the views of an observer."""

    def __init__(self, name: str, life: str, max_listed: int | None = None) -> None:
        self.name = name
        self.max_listed = max_listed
        self.state = State(name)
        self.cluster = Cluster(Peer(name, life), self.state, PERIODS)
        self.processes = [Process() for _ in range(4)]
        self.views: dict[str, dict[str, Any]] = {topic: {} for topic in TOPICS}

    def listed(self, topic: str) -> dict[str, Any]:
        room = self.state.rooms.get(topic)
        return {} if room is None else group(room.entries.values())

    def refs(self) -> set[str]:
        return {ref for room in self.state.rooms.values() for ref in room.entries}

    def known(self) -> dict[Peer, int]:
        """Up to which change it knows each other node: who went back would show again who has left."""
        return {replica.peer: replica.clock for replica in self.cluster.replicas.values()}

    def own(self) -> set[str]:
        return {entry.ref for entry in self.state.own()}

    def announce(self, topic: str) -> None:
        room = self.state.rooms.get(topic)
        if room is not None:
            fold(self.views[topic], room.announce(self.max_listed))
            self.state.sweep(topic)

    def told(self, topic: str) -> bool:
        """Whether the observer sees the list; in a crowd nobody is told more than its size."""
        room = self.state.rooms.get(topic)
        return (room is not None and room.crowded) or by_ref(self.views[topic]) == by_ref(self.listed(topic))

    def change(self, dice: Dice) -> None:
        """Something that its users do."""
        process, topic, key = dice.choice(self.processes), dice.choice(TOPICS), dice.choice(KEYS)
        there = any(
            entry.process is process and (entry.topic, entry.key) == (topic, key)
            for entry in self.state.own()
        )
        match dice.below(4 if there else 1):
            case 0 if not there:
                self.state.track(process, topic, key, {"n": dice.below(9)})
            case 1:
                self.state.untrack(process, topic, key)
            case 2:
                self.state.forget(process)
            case _:
                self.state.update(process, topic, key, {"n": dice.below(9)})


class World:
    """All nodes. What is said stays under way until somebody delivers it, in any order, or loses it."""

    def __init__(self, *names: str, max_listed: int | None = None) -> None:
        self.now = 1000.0
        self.max_listed = max_listed
        self.names = names
        self.under_way: list[tuple[str, str, bytes]] = []
        self.parted: set[str] = set()
        self._lives = count()
        self.nodes: dict[str, Node] = {}
        for name in names:
            self.start(name)

    def start(self, name: str) -> Node:
        """A node starts, or starts again under its name: whoever was there has died."""
        node = self.nodes[name] = Node(name, f"life{next(self._lives)}", self.max_listed)
        self.tick(name)
        return node

    def kill(self, name: str) -> None:
        self.nodes.pop(name, None)

    def stop(self, name: str) -> None:
        self.say(self.nodes[name], [gossip.Bye(self.nodes[name].cluster.me)])
        self.kill(name)

    def tick(self, name: str) -> None:
        node = self.nodes[name]
        node.cluster.tick(self.now)
        self.flush(name)

    def flush(self, name: str) -> None:
        self.say(self.nodes[name], self.nodes[name].cluster.take())

    def say(self, node: Node, messages: list[Message]) -> None:
        for message in messages:
            event, payload = gossip.encode(message)
            data = orjson.dumps(payload)
            for name in self.names:
                if name != node.name and not self.parted & {name, node.name}:
                    self.under_way.append((name, event, data))

    def deliver(self, place: int = 0) -> None:
        name, event, data = self.under_way.pop(place)
        node = self.nodes.get(name)
        if node is not None:
            before = node.known()
            node.cluster.receive(gossip.decode(event, orjson.loads(data)), self.now)
            self.say(node, node.cluster.take_urgent())
            after = node.known()
            assert all(clock <= after.get(peer, clock) for peer, clock in before.items()), "it went back"

    def step(self) -> bool:
        """The next message arrives, or somebody who was asked answers; False if nothing is left to do."""
        if self.under_way:
            self.deliver()
            return True
        for name, node in self.nodes.items():
            if node.cluster.asked:
                self.flush(name)
                return True
        return False

    def settle(self) -> None:
        """Everything arrives, in order, and is answered."""
        while self.step():
            pass

    def pass_time(self, heartbeats: int) -> None:
        """All living nodes beat and everything arrives."""
        for _ in range(heartbeats):
            self.now += PERIODS.heartbeat
            for name in list(self.nodes):
                self.tick(name)
            self.settle()

    def heal(self) -> None:
        """Messages flow again, those under way first; who does not live is soon forgotten."""
        self.parted.clear()
        self.settle()
        for node in self.nodes.values():
            node.cluster.periods = HEALING
        self.pass_time(int((HEALING.forget + HEALING.down) / HEALING.heartbeat))

    def happen(self, dice: Dice) -> None:
        """One thing happens, good or bad."""
        if dice.roll() < 0.4:
            self._happen_between(dice)
        else:
            self._happen_on(dice.choice(self.names), dice)

    def _happen_between(self, dice: Dice) -> None:
        match dice.below(10):
            case 0:
                self.parted ^= {dice.choice(self.names)}
            case 1:
                self.now += dice.choice([1.0, PERIODS.heartbeat, PERIODS.down])
            case fate if self.under_way:
                place = dice.below(len(self.under_way))
                if fate < 4:
                    self.under_way.pop(place)
                elif fate < 6:
                    self.under_way.append(self.under_way[place])
                else:
                    self._deliver_some(dice)

    def _deliver_some(self, dice: Dice) -> None:
        for _ in range(1 + dice.below(5)):
            if self.under_way:
                self.deliver(dice.choice([0, 0, dice.below(len(self.under_way))]))

    def _happen_on(self, name: str, dice: Dice) -> None:
        fate, node = dice.below(50), self.nodes.get(name)
        if node is None:
            self.start(name)
        elif fate == 0:
            dice.choice([self.kill, self.stop, self.start])(name)
        elif fate < 10:
            self.tick(name)
        elif fate < 20:
            self.flush(name)
        elif fate < 30:
            node.announce(dice.choice(TOPICS))
        else:
            node.change(dice)

    def everybody(self) -> set[str]:
        """What the living nodes own together."""
        return {ref for node in self.nodes.values() for ref in node.own()}

    def assert_agreed(self) -> None:
        """Every living node lists what all own, and every observer has been told so."""
        everybody = self.everybody()
        for node in self.nodes.values():
            assert node.refs() == everybody, f"{node.name} lists something else"
            for topic in TOPICS:
                node.announce(topic)
                assert node.told(topic), f"{node.name} told otherwise"
            assert not any(replica.behind for replica in node.cluster.replicas.values())


def fold(view: dict[str, dict[str, Any]], told: Announcement | None) -> None:
    """As phoenix.js does: joins first, then leaves. What it would get wrong silently is an error here."""
    match told:
        case Everybody(entries):
            view.clear()
            view.update(entries)
        case Diff():
            fold_diff(view, told)


def fold_diff(view: dict[str, dict[str, Any]], diff: Diff) -> None:
    for key, entry in diff.joins.items():
        known = {meta["phx_ref"] for meta in view.get(key, {"metas": []})["metas"]}
        assert not known & {meta["phx_ref"] for meta in entry["metas"]}, "joined twice"
        view.setdefault(key, {"metas": []})["metas"].extend(entry["metas"])
    for key, entry in diff.leaves.items():
        gone = {meta["phx_ref"] for meta in entry["metas"]}
        assert gone <= {meta["phx_ref"] for meta in view[key]["metas"]}, "left without having joined"
        view[key]["metas"] = [meta for meta in view[key]["metas"] if meta["phx_ref"] not in gone]
        if not view[key]["metas"]:
            del view[key]


def by_ref(entries: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The metas of each key by their refs: their order may differ between nodes."""
    return {key: {meta["phx_ref"]: meta for meta in entry["metas"]} for key, entry in entries.items()}
