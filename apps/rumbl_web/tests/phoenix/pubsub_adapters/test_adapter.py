"""What every adapter must keep. One that reaches other nodes adds itself to `NETWORKS`."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Any

import pytest

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Adapter
from rumbl_web.phoenix.pubsub_adapters.local import LocalAdapter
from rumbl_web.phoenix.pubsub_adapters.memory import Network
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter

DEADLINE_S = 10.0

MakeNode = Callable[[], Adapter]


@contextmanager
def memory() -> Iterator[MakeNode]:
    network, names = Network(), iter("abcdef")
    yield lambda: network.adapter(next(names))


@contextmanager
def redis() -> Iterator[MakeNode]:
    # One server for all tests; each has channels of its own.
    prefix = token_hex(4)
    yield lambda: RedisAdapter(shared_redis().url, prefix=prefix)


@cache
def shared_redis() -> testing_redis.RedisServer:
    if testing_redis.binary() is None:
        pytest.skip(testing_redis.MISSING)
    return testing_redis.RedisServer(Path(mkdtemp())).start()


@pytest.fixture(scope="module", autouse=True)
def _end_the_shared_redis() -> Iterator[None]:
    yield
    if shared_redis.cache_info().currsize:
        server = shared_redis()
        server.stop()
        shutil.rmtree(server.folder)
        shared_redis.cache_clear()


@contextmanager
def alone() -> Iterator[MakeNode]:
    yield LocalAdapter


NETWORKS: dict[str, Callable[[], AbstractContextManager[MakeNode]]] = {"memory": memory, "redis": redis}
ALL = {"local": alone, **NETWORKS}


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Broadcast] = []

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard.append(message)
        return True

    def wait_for(self, number: int) -> list[Broadcast]:
        """What it has heard, once that are `number` broadcasts."""
        wait_until(lambda: len(self.heard) >= number)
        return self.heard

    @property
    def payloads(self) -> list[Any]:
        return [broadcast.payload for broadcast in self.heard]


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not done():
        assert time.monotonic() < end, f"not within {DEADLINE_S} s"
        time.sleep(0.005)


class Nodes:
    """PubSubs over one kind of adapter."""

    def __init__(self, make: MakeNode) -> None:
        self._make = make
        self.all: list[PubSub] = []

    def add(self) -> PubSub:
        self.all.append(PubSub(self._make()))
        return self.all[-1]

    def pair(self) -> tuple[PubSub, PubSub]:
        return self.add(), self.add()

    def settle(self, topic: str) -> None:
        """Wait until every node that subscribes to `topic` hears every other."""
        for sender in self.all:
            for node in self.all:
                if node is not sender and topic in node.topics():
                    probe = Ear()
                    node.subscribe(topic, probe)
                    while not probe.heard:
                        sender.broadcast(topic, "probe", {})
                        time.sleep(0.005)
                    node.unsubscribe(topic, probe)

    def hear(self, *topics: str) -> list[Ear]:
        """A settled ear on every node."""
        ears = [Ear() for _ in self.all]
        for topic in topics:
            for node, ear in zip(self.all, ears, strict=True):
                node.subscribe(topic, ear)
            self.settle(topic)
        # Behind a last word from every node there are no more probes.
        for number, sender in enumerate(self.all):
            sender.broadcast(topics[-1], "last", {"n": number})
        for ear in ears:
            wait_until(lambda ear=ear: sum(said.event == "last" for said in ear.heard) == len(self.all))
            ear.heard.clear()
        return ears


@contextmanager
def started(make: Callable[[], AbstractContextManager[MakeNode]]) -> Iterator[Nodes]:
    with make() as make_node:
        nodes = Nodes(make_node)
        yield nodes
        for node in nodes.all:
            node.stop()


@pytest.fixture(params=ALL)
def every(request: pytest.FixtureRequest) -> Iterator[Nodes]:
    """Any adapter, also one that reaches nobody."""
    with started(ALL[request.param]) as nodes:
        yield nodes


@pytest.fixture(params=NETWORKS)
def nodes(request: pytest.FixtureRequest) -> Iterator[Nodes]:
    """Adapters that reach other nodes."""
    with started(NETWORKS[request.param]) as nodes:
        yield nodes


# -- every adapter


def test_nodes_have_different_names_without_blanks(every: Nodes) -> None:
    one, two = (node.adapter.node_name for node in every.pair())

    assert one != two
    assert not set(one + two) & set(" \n")


def test_a_started_node_says_that_it_is_connected(every: Nodes) -> None:
    assert every.add().adapter.state == "connected"


def test_a_node_hears_its_own_broadcast_once(every: Nodes) -> None:
    one, two = every.pair()
    ear, done = Ear(), Ear()
    one.subscribe("a", ear)
    two.subscribe("done", done)

    one.broadcast("a", "hello", {})
    one.broadcast("done", "hello", {})

    assert ear.heard == [Broadcast("a", "hello", {})]


def test_the_sender_is_left_out(every: Nodes) -> None:
    one, _two = every.pair()
    sender = Ear()
    one.subscribe("a", sender)

    one.broadcast_from(sender, "a", "hello", {})

    assert sender.heard == []


def test_what_is_no_json_is_refused_and_nothing_breaks(nodes: Nodes) -> None:
    one, _two = nodes.pair()
    (_, ear) = nodes.hear("a")

    with pytest.raises(TypeError):
        one.broadcast("a", "hello", {"x": object()})
    one.broadcast("a", "hello", {"x": 1})

    assert ear.wait_for(1) == [Broadcast("a", "hello", {"x": 1})]


# -- adapters that reach others


def test_every_subscriber_on_every_node_hears_it_once(nodes: Nodes) -> None:
    one, two, three = nodes.add(), nodes.add(), nodes.add()
    ears = nodes.hear("a")
    more = Ear()
    two.subscribe("a", more)

    one.broadcast("a", "hello", {"x": 1})
    three.broadcast("a", "last", {})

    expected = [Broadcast("a", "hello", {"x": 1}), Broadcast("a", "last", {})]
    for ear in (*ears, more):
        assert sorted(ear.wait_for(2), key=repr) == sorted(expected, key=repr)


def test_other_topics_are_not_heard(nodes: Nodes) -> None:
    one, two = nodes.pair()
    (_, ear) = nodes.hear("a")
    other = Ear()
    one.subscribe("b", other)

    one.broadcast("b", "hello", {})
    one.broadcast("c", "hello", {})
    one.broadcast("a", "hello", {})

    assert ear.wait_for(1) == [Broadcast("a", "hello", {})]
    assert two.topics() == {"a"}


def test_nothing_more_is_heard_on_a_topic_that_was_left(nodes: Nodes) -> None:
    one, two = nodes.pair()
    (_, ear) = nodes.hear("a", "b")

    two.unsubscribe("b", ear)
    one.broadcast("b", "hello", {})
    one.broadcast("a", "hello", {})

    assert ear.wait_for(1) == [Broadcast("a", "hello", {})]


def test_who_has_waited_until_others_are_heard_misses_nothing(nodes: Nodes) -> None:
    one, two = nodes.pair()
    for number in range(50):
        ear, heard = Ear(), threading.Event()
        for _ in range(number % 3):
            two.subscribe("a", ear)
            two.unsubscribe("a", ear)
        two.subscribe("a", ear)
        if two.when_heard("a", heard.set):
            assert heard.wait(DEADLINE_S)

        one.broadcast("a", "hello", {"n": number})

        assert ear.wait_for(1)[-1].payload == {"n": number}
        two.unsubscribe("a", ear)


def test_nobody_waits_for_a_topic_that_is_heard_already(every: Nodes) -> None:
    node, heard = every.add(), threading.Event()
    node.subscribe("a", Ear())
    if node.when_heard("a", heard.set):
        assert heard.wait(DEADLINE_S)

    assert not node.when_heard("a", heard.clear)


def test_a_topic_can_be_left_and_taken_again(nodes: Nodes) -> None:
    one, two = nodes.pair()
    ear = Ear()
    for _ in range(5):
        two.subscribe("a", ear)
        two.unsubscribe("a", ear)
    two.subscribe("a", ear)
    nodes.settle("a")

    one.broadcast("a", "hello", {"x": 1})

    wait_until(lambda: ear.payloads[-1:] == [{"x": 1}])


def test_a_dispatchers_crowd_is_heard_for(nodes: Nodes) -> None:
    one, two = nodes.pair()
    heard = Ear()

    class Crowd:
        def dispatch(self, broadcast: Broadcast, sender: object) -> None:
            heard.send(broadcast)

    two.attach(Crowd())
    two.listen("a")
    nodes.settle("a")

    one.broadcast("a", "hello", {"x": 1})

    wait_until(lambda: heard.payloads[-1:] == [{"x": 1}])


def test_a_senders_broadcasts_arrive_in_order(nodes: Nodes) -> None:
    senders = [nodes.add(), nodes.add()]
    nodes.add()
    ears = nodes.hear("a")
    number = 500

    def send(node: PubSub, name: int) -> None:
        for count in range(number):
            node.broadcast("a", "hello", {"from": name, "n": count})

    threads = [threading.Thread(target=send, args=(node, name)) for name, node in enumerate(senders * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for ear in ears:
        ear.wait_for(number * len(threads))
        for name in range(len(threads)):
            counts = [said["n"] for said in ear.payloads if said["from"] == name]
            assert counts == list(range(number))


PAYLOADS: list[tuple[Any, Any]] = [
    ({}, {}),
    ({"body": 'zwölf "Boxkämpfer"\n\x00\u2028', "n": [1, 2.5, None, True]}, None),
    ({"big": 2**53 + 1, "deep": {"__proto__": {"a": []}}}, None),
    ({7: {"name": "by id"}}, {"7": {"name": "by id"}}),
    (b"", None),
    (b"\x00\xff\n[1]\r\n", None),
    (bytes(range(256)) * 300, None),
]


@pytest.mark.parametrize(("payload", "expected"), PAYLOADS, ids=lambda value: f"{value!r:.30}")
def test_payloads_arrive_as_they_were(nodes: Nodes, payload: Any, expected: Any) -> None:
    one, _two = nodes.pair()
    (_, ear) = nodes.hear("a")

    one.broadcast("a", "hello", payload)

    assert ear.wait_for(1) == [Broadcast("a", "hello", payload if expected is None else expected)]


@pytest.mark.parametrize(
    "topic", ["videos:1", "mit Leerzeichen\n", "äöü*?[x]", "x" * 500], ids=lambda topic: topic[:10]
)
def test_any_topic_and_event_will_do(nodes: Nodes, topic: str) -> None:
    one, _two = nodes.pair()
    (_, ear) = nodes.hear(topic)

    one.broadcast(topic, topic, {})

    assert ear.wait_for(1) == [Broadcast(topic, topic, {})]


def test_a_stopped_node_hears_nothing_and_what_it_said_before_arrives(nodes: Nodes) -> None:
    one, two = nodes.pair()
    (ear, stopped) = nodes.hear("a")

    for count in range(100):
        two.broadcast("a", "hello", {"n": count})
    two.stop()
    ear.wait_for(100)
    stopped.heard.clear()
    one.broadcast("a", "hello", {})

    assert nodes.add().adapter.state == "connected"
    assert stopped.heard == []
