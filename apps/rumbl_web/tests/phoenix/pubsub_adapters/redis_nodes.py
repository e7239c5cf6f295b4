"""Nodes over a real Redis, for the tests that kill and freeze it."""

from __future__ import annotations

import time
from collections.abc import Callable

from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub import PubSub
from rumbl_web.phoenix.pubsub_adapters.adapter import Gap
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter, Timing

DEADLINE_S = 15.0
QUICK = Timing(bell=0.1, stale=0.8, retry=0.05, settle=0.3)
"""Frozen, a try to connect takes a second; none of these tests needs the nodes to wait for that."""


def eventually(check: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not check():
        assert time.monotonic() < end, f"not within {DEADLINE_S} s"
        time.sleep(0.01)


class Node:
    """A node, and what it hears on topic `a`."""

    def __init__(self, url: str, max_waiting: int = 10_000, timing: Timing = QUICK) -> None:
        self.pubsub = PubSub(RedisAdapter(url, timing=timing, max_waiting=max_waiting))
        self.heard: list[int] = []
        self.gaps: list[Gap] = []
        self.pubsub.on_gap(self.gaps.append)
        self.pubsub.subscribe("a", self)

    def send(self, message: object) -> bool:
        assert isinstance(message, Broadcast)
        if message.event == "number":
            self.heard.append(message.payload["n"])
        return True

    def say(self, *numbers: int) -> None:
        for number in numbers:
            self.pubsub.broadcast("a", "number", {"n": number})

    @property
    def state(self) -> str:
        return self.pubsub.adapter.state

    @property
    def whole_gaps(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.topics is None]


def hear_each_other(*nodes: Node) -> None:
    """Wait until they do; then nobody has heard anything yet."""
    for name, node in enumerate(nodes, 1):
        probe, last = -name, -100 - name

        def heard(node: Node = node, probe: int = probe) -> bool:
            node.say(probe)
            return all(probe in other.heard for other in nodes)

        eventually(heard)
        node.say(last)
        eventually(lambda last=last: all(last in other.heard for other in nodes))
    for node in nodes:
        node.heard.clear()
        node.gaps.clear()
