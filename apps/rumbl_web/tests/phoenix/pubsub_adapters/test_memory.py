"""A network that can be cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Gap
from rumbl_web.phoenix.pubsub_adapters.memory import Network


class Node:
    """A node and what it hears."""

    def __init__(self, network: Network, name: str) -> None:
        self.adapter = network.adapter(name)
        self.pubsub = PubSub(self.adapter)
        self.heard: list[object] = []
        self.gaps: list[Gap] = []
        self.pubsub.subscribe("a", self)
        self.pubsub.on_gap(self.gaps.append)

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard.append(message.payload["n"])
        return True

    def say(self, number: int) -> None:
        self.pubsub.broadcast("a", "hello", {"n": number})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., tuple[Network, Node, Node, Node]]:
    def made(max_waiting: int = 100) -> tuple[Network, Node, Node, Node]:
        network = Network(clock=clock, max_waiting=max_waiting)
        one, two, three = (Node(network, name) for name in "abc")
        return network, one, two, three

    return made


def test_it_has_arrived_when_the_broadcast_returns(
    make: Callable[..., tuple[Network, Node, Node, Node]],
) -> None:
    _network, one, two, three = make()

    one.say(1)

    assert one.heard == two.heard == three.heard == [1]


def test_a_cut_parts_a_node_from_the_others_only(
    make: Callable[..., tuple[Network, Node, Node, Node]],
) -> None:
    network, one, two, three = make()

    network.cut("a")
    one.say(1)
    two.say(2)

    assert (one.heard, two.heard, three.heard) == ([1], [2], [2])
    assert (one.adapter.state, two.adapter.state) == ("degraded", "connected")


def test_after_healing_what_waited_arrives_in_order_and_every_node_hears_of_the_gap(
    make: Callable[..., tuple[Network, Node, Node, Node]], clock: Clock
) -> None:
    network, one, two, three = make()
    network.cut("a")
    for number in range(3):
        one.say(number)
    clock.now += 30

    network.heal("a")

    assert two.heard == three.heard == [0, 1, 2]
    assert one.gaps == two.gaps == three.gaps == [Gap(30.0)]
    assert one.adapter.state == "connected"


def test_what_does_not_fit_is_lost_oldest_first(
    make: Callable[..., tuple[Network, Node, Node, Node]],
) -> None:
    network, one, two, _three = make(max_waiting=2)
    network.cut("a")
    for number in range(5):
        one.say(number)

    network.heal("a")

    assert two.heard == [3, 4]
    assert len(two.gaps) == 1


def test_healing_what_is_whole_is_no_gap(make: Callable[..., tuple[Network, Node, Node, Node]]) -> None:
    network, one, two, _three = make()

    network.heal("a")

    assert one.gaps == two.gaps == []


def test_an_answer_follows_what_is_being_delivered(
    make: Callable[..., tuple[Network, Node, Node, Node]],
) -> None:
    _network, one, two, three = make()

    class Echo:
        def send(self, message: object) -> bool:
            if isinstance(message, Broadcast) and message.payload["n"] == 1:
                two.say(2)
            return True

    two.pubsub.subscribe("a", Echo())
    one.say(1)

    assert (one.heard, three.heard) == ([1, 2], [1, 2])


def test_a_stopped_nodes_name_may_be_used_again(
    make: Callable[..., tuple[Network, Node, Node, Node]],
) -> None:
    network, one, two, _three = make()

    one.pubsub.stop()
    again = Node(network, "a")
    two.say(1)

    assert (one.heard, again.heard) == ([], [1])
