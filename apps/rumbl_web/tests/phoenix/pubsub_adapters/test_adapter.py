"""What every adapter must keep. An adapter that reaches other nodes adds itself to `PAIRS`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter, Deliver
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter


class LoopAdapter:
    """Nodes in one process, joined by a list: the smallest adapter that reaches others."""

    def __init__(self, name: str, nodes: list[LoopAdapter]) -> None:
        self.node_name = name
        self._nodes = nodes
        self._deliver: Deliver | None = None

    def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._nodes.append(self)

    def broadcast(self, broadcast: Broadcast) -> None:
        for node in self._nodes:
            if node is not self and node._deliver is not None:
                node._deliver(broadcast)

    def stop(self) -> None:
        self._nodes.remove(self)


def loop_pair() -> tuple[Adapter, Adapter]:
    nodes: list[LoopAdapter] = []
    return LoopAdapter("one", nodes), LoopAdapter("two", nodes)


PAIRS: dict[str, Callable[[], tuple[Adapter, Adapter]]] = {
    "local": lambda: (LocalAdapter(), LocalAdapter()),
    "loop": loop_pair,
}


class Ear:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def send(self, message: object) -> bool:
        self.heard.append(message)
        return True


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[PubSub, PubSub]:
    one, two = PAIRS[request.param]()
    return PubSub(one), PubSub(two)


def test_nodes_have_different_names(pair: tuple[PubSub, PubSub]) -> None:
    assert pair[0].adapter.node_name != pair[1].adapter.node_name


def test_a_node_hears_its_own_broadcast_once(pair: tuple[PubSub, PubSub]) -> None:
    ear = Ear()
    pair[0].subscribe("a", ear)

    pair[0].broadcast("a", "hello", {})

    assert ear.heard == [Broadcast("a", "hello", {})]


def test_the_sender_is_left_out_everywhere(pair: tuple[PubSub, PubSub]) -> None:
    sender = Ear()
    pair[0].subscribe("a", sender)

    pair[0].broadcast_from(sender, "a", "hello", {})

    assert sender.heard == []


def test_nothing_is_heard_after_a_stop(pair: tuple[PubSub, PubSub]) -> None:
    ear = Ear()
    pair[1].subscribe("a", ear)
    pair[1].stop()

    pair[0].broadcast("a", "hello", {})

    assert ear.heard == []


def test_an_adapter_that_reaches_others_delivers_there_in_order() -> None:
    one, two = (PubSub(adapter) for adapter in loop_pair())
    ear = Ear()
    two.subscribe("a", ear)

    for number in range(3):
        one.broadcast("a", "hello", {"n": number})

    assert ear.heard == [Broadcast("a", "hello", {"n": number}) for number in range(3)]
