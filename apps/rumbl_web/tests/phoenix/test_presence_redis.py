"""Presence over a real Redis, which is killed, frozen and comes back empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.presence import Periods
from rumbl_web.phoenix.pubsub_adapters.redis import RedisAdapter, Timing
from rumbl_web.phoenix.testing_redis import RedisServer

from .presence_site import PATIENT, QUICK, Node, eventually

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)

TIMING = Timing(bell=0.2, stale=1.5, retry=0.05, settle=0.3)

Pair = tuple[Node, Node]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with testing_redis.running(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def make_pair(server: RedisServer) -> Iterator[Callable[..., Pair]]:
    made: list[Node] = []

    def make(periods: Periods = QUICK) -> Pair:
        made.extend(Node(RedisAdapter(server.url, timing=TIMING), periods) for _ in range(2))
        eventually(lambda: all(node.presence.nodes() for node in made))
        return made[0], made[1]

    yield make
    server.thaw()
    for node in made:
        node.stop()


def test_joins_updates_and_leaves_reach_the_other_node(make_pair: Callable[..., Pair]) -> None:
    here, there = make_pair(PATIENT)
    watcher, person = here.enter("1"), there.enter("2")
    eventually(lambda: watcher.view().keys() == {"1", "2"})

    there.track("__proto__").stop()
    person.server.closed(1006)

    eventually(lambda: watcher.view().keys() == {"1"})
    assert watcher.agrees()


def test_a_stop_is_told_before_the_connection_goes(make_pair: Callable[..., Pair]) -> None:
    here, there = make_pair(PATIENT)
    there.track("1")
    eventually(lambda: here.keys() == {"1": 1})

    there.stop()

    eventually(lambda: here.keys() == {})


def test_5000_joins_at_once_arrive(make_pair: Callable[..., Pair]) -> None:
    here, there = make_pair(PATIENT)
    for number in range(5000):
        there.track(str(number), {"device": "browser"})

    eventually(lambda: here.presence.count("room:1") == 5000)


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_without_redis_each_node_lists_its_own_and_afterwards_all_agree(
    make_pair: Callable[..., Pair], server: RedisServer, trouble: str
) -> None:
    here, there = make_pair()
    watcher = here.enter("1")
    goes = there.track("goes")
    there.track("stays")
    eventually(lambda: watcher.view().keys() == {"1", "goes", "stays"})

    server.kill() if trouble == "killed" else server.freeze()
    eventually(lambda: watcher.view().keys() == {"1"})
    goes.stop()
    here.track("local")
    eventually(lambda: watcher.view().keys() == {"1", "local"})
    server.start() if trouble == "killed" else server.thaw()

    eventually(lambda: watcher.view().keys() == there.keys().keys() == {"1", "local", "stays"})
    assert watcher.agrees()
