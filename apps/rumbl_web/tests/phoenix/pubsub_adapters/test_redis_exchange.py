"""Redis nodes at the edges of their links: slow starts, gaps that break off, mistakes, forks."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.connection import Connection, ConnectionInterface

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.pubsub_adapters.outgoing import Item
from rumbl_web.phoenix.pubsub_adapters.redis import Timing
from rumbl_web.phoenix.pubsub_adapters.redis_exchange import Channels, Exchange
from rumbl_web.phoenix.pubsub_adapters.redis_link import Address, Link, LinkError
from rumbl_web.phoenix.pubsub_adapters.redis_threads import Reader
from rumbl_web.phoenix.testing_redis import RedisServer

from .redis_nodes import DEADLINE_S, QUICK, Node, eventually, hear_each_other

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)


def test_a_node_whose_redis_is_slow_at_the_start_has_missed_what_was_said_until_it_listens(
    nodes: Callable[..., Node], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()
    real = Address.connect

    def slowly(address: Address) -> ConnectionInterface:
        assert go_on.wait(DEADLINE_S)
        return real(address)

    monkeypatch.setattr(Address, "connect", slowly)
    one = nodes(timing=replace(QUICK, start=0.05))
    assert one.state == "degraded"
    assert caplog.text.count("serves alone until it can") == 1

    go_on.set()

    eventually(lambda: one.whole_gaps)
    assert one.state == "connected"


def test_a_gap_is_told_whole_even_if_the_link_breaks_again_as_it_is_told(
    server: RedisServer, nodes: Callable[..., Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = nodes()
    hear_each_other(one)
    real = Link.publish
    broken_at: list[float] = []

    def publish(link: Link, batch: deque[Item]) -> None:
        if not broken_at and any(item.channel.endswith(b":gap") for item in batch):
            broken_at.append(time.monotonic())
            raise LinkError("cut again")
        real(link, batch)

    monkeypatch.setattr(Link, "publish", publish)
    killed_at = time.monotonic()
    server.kill()
    eventually(lambda: one.state == "degraded")
    server.start()

    eventually(lambda: broken_at)
    # It spoke again a moment after that, and from the first loss on something may be missing.
    at_least = broken_at[0] + QUICK.settle - killed_at
    eventually(lambda: any(gap.seconds >= at_least for gap in one.whole_gaps))


def test_whatever_the_library_raises_the_threads_go_on(
    nodes: Callable[..., Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = nodes()
    hear_each_other(one)
    real, raised = Connection.read_response, threading.Event()

    def read_response(connection: Connection, *arguments: Any, **options: Any) -> Any:
        if not raised.is_set():
            raised.set()
            raise ValueError("a mistake in the library")
        return real(connection, *arguments, **options)

    monkeypatch.setattr(Connection, "read_response", read_response)

    eventually(lambda: one.whole_gaps)
    eventually(lambda: one.state == "connected")


def test_a_gap_of_ages_is_one_that_a_database_can_be_asked_for(
    server: RedisServer, nodes: Callable[..., Node]
) -> None:
    one = nodes()
    hear_each_other(one)
    for word in (r'"[\"x\",1e300]"', r'"[\"x\",-1]"'):
        server.command("PUBLISH", "rumbl:0:gap", word)

    eventually(lambda: len(one.whole_gaps) == 2)
    ages, none = (timedelta(seconds=gap.seconds) for gap in one.whole_gaps)
    assert timedelta(days=300) < ages < timedelta(days=400)
    assert not none


def test_an_adapter_that_a_fork_has_parted_from_its_threads_says_so(
    nodes: Callable[..., Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = nodes()
    monkeypatch.setattr(os, "getpid", lambda: 1)

    for act in (lambda: one.say(1), lambda: one.pubsub.listen("b")):
        with pytest.raises(RuntimeError, match="before a fork"):
            act()
    monkeypatch.undo()


def test_what_an_address_asks_for_besides_cannot_break_the_link(server: RedisServer) -> None:
    asks = "?max_connections=2&protocol=3&decode_responses=true&socket_timeout=600&retry_on_timeout=true"
    one = Node(server.url + asks)
    try:
        hear_each_other(one)
        server.kill()
        eventually(lambda: one.state == "degraded")
        server.start()

        eventually(lambda: one.state == "connected")
        eventually(lambda: one.whole_gaps)
    finally:
        one.pubsub.stop()


class Scripted:
    """A link whose Redis says what the test wants, and keeps what it was asked."""

    broken = False
    open = True
    heard_at = float("inf")

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.says: bytes | None = None

    def read(self, wait_s: float) -> tuple[bytes, bytes, int] | None:
        return None if self.says is None else (self.says, b"x:0:topic:b", 1)

    def subscribe(self, channels: list[bytes]) -> None:
        self.asked.append(f"+{len(channels)}")

    def unsubscribe(self, channels: list[bytes]) -> None:
        self.asked.append(f"-{len(channels)}")


@pytest.mark.parametrize("quick", [True, False], ids=["asked before", "asked after"])
def test_a_topic_that_was_left_and_taken_again_is_heard_when_the_last_time_is_confirmed(quick: bool) -> None:
    exchange = Exchange(Channels("x", 0, "n"), "n", Timing(), "nowhere")
    reader = Reader(exchange, Address("redis://127.0.0.1"), "n", lambda _: None, lambda _: None)
    scripted, heard = Scripted(), threading.Event()
    link: Any = scripted
    exchange.made(link)

    def turn(says: bytes | None = None) -> None:
        scripted.says = says
        reader._turn(link)

    for wanted in (True, False):
        exchange.change("b", wanted)
        turn()
    exchange.change("b", wanted=True)
    assert exchange.when_heard("b", heard.set)
    if quick:
        turn()

    turn(b"subscribe")
    turn(b"unsubscribe")
    assert scripted.asked == ["+1", "-1", "+1"]
    assert not heard.is_set()
    turn(b"subscribe")
    assert heard.is_set()
    assert not exchange.when_heard("b", heard.clear)
