"""Order between nodes, by the thousand, over a real Redis."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pytest

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter
from rumbl_web.phoenix.testing_redis import RedisServer
from tests.running import eventually

NUMBER = 10_000
TOPICS = ("videos:1", "videos:2")


class Ear:
    """What was heard, by sender and topic."""

    def __init__(self, pubsub: PubSub) -> None:
        self.heard: dict[tuple[str, str], list[int]] = defaultdict(list)
        for topic in TOPICS:
            pubsub.subscribe(topic, self)

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        self.heard[message.payload["from"], message.topic].append(message.payload["n"])
        return True


@pytest.fixture
def pair(redis: RedisServer) -> Iterator[tuple[PubSub, PubSub]]:
    one, two = (PubSub(RedisAdapter(redis.url, max_waiting=4 * NUMBER)) for _ in range(2))
    yield one, two
    one.stop()
    two.stop()


def subscribed(redis: RedisServer) -> bool:
    """Whether both nodes' subscriptions are in effect."""
    counted = redis.command("PUBSUB", "NUMSUB", *(f"rumbl:0:topic:{topic}" for topic in TOPICS))
    return counted.count(b"\r\n:2\r\n") == len(TOPICS)


def send_all(nodes: dict[str, PubSub], number: int = NUMBER) -> list[threading.Thread]:
    """Broadcast numbers on two topics, from one thread a node."""

    def send(name: str) -> None:
        for n in range(number):
            nodes[name].broadcast(TOPICS[n % 2], "number", {"from": name, "n": n})

    threads = [threading.Thread(target=send, args=(name,)) for name in nodes]
    for thread in threads:
        thread.start()
    return threads


def test_ten_thousand_of_each_sender_arrive_in_order_on_both_nodes(
    redis: RedisServer, pair: tuple[PubSub, PubSub]
) -> None:
    ears = [Ear(node) for node in pair]
    eventually(lambda: subscribed(redis))

    for thread in send_all(dict(zip("ab", pair, strict=True))):
        thread.join()

    expected = {
        (name, topic): list(range(start, NUMBER, 2)) for name in "ab" for start, topic in enumerate(TOPICS)
    }
    for ear in ears:
        eventually(lambda ear=ear: ear.heard == expected, 30)


def test_when_redis_dies_in_between_order_holds_and_nothing_comes_twice(
    redis: RedisServer, pair: tuple[PubSub, PubSub]
) -> None:
    ears = [Ear(node) for node in pair]
    gaps: list[object] = []
    pair[1].on_gap(gaps.append)
    eventually(lambda: subscribed(redis))
    gaps.clear()

    threads = send_all(dict(zip("ab", pair, strict=True)))
    eventually(lambda: len(ears[0].heard["b", TOPICS[0]]) > 100)
    redis.kill()
    for thread in threads:
        thread.join()
    redis.start()

    for ear in ears:
        for start, topic in enumerate(TOPICS):
            last = range(start, NUMBER, 2)[-1]
            for name in "ab":
                eventually(lambda e=ear, n=name, t=topic, last=last: e.heard[n, t][-1:] == [last], 30)
                heard = ear.heard[name, topic]
                assert all(before < after for before, after in pairwise(heard))
    eventually(lambda: gaps)
