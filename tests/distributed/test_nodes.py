"""Two nodes over one Redis, which is killed, emptied and frozen while people write."""

from __future__ import annotations

import shutil
import statistics
import time

import pytest

from rumbl_web.phoenix.testing_redis import RedisServer
from tests.distributed.conftest import MakeTab, all_connected, health
from tests.distributed.tab import Tab, shows_once
from tests.running import RunningSite, eventually

ANSWER_S = 2.0
"""How long an answer may take whatever Redis does."""
WHOLE_S = 5.0
"""How long after its return everything may take."""
SHARED = 2
"""This machine is shared: it gets twice the time."""


def words(name: str, number: int) -> list[str]:
    return [f"{name}-{count}" for count in range(number)]


def test_notes_cross_nodes_and_nobody_needs_the_node_of_the_others(
    nodes: list[RunningSite], tab: MakeTab
) -> None:
    one, two = (tab(node, member=f"cross{number}") for number, node in enumerate(nodes))
    guest = tab(nodes[1])

    one.post(*words("from-one", 50))
    two.post(*words("from-two", 50))

    expected = words("from-one", 50) + words("from-two", 50)
    for each in (one, two, guest):
        eventually(lambda each=each: shows_once(each, expected))
        assert each.closes == []


@pytest.mark.parametrize("keeps_its_data", [True, False])
def test_redis_may_die_while_people_write(
    nodes: list[RunningSite], redis: RedisServer, tab: MakeTab, keeps_its_data: bool
) -> None:
    name = f"killed{int(keeps_its_data)}"
    writers = [tab(node, member=f"{name}x{number}") for number, node in enumerate(nodes)]
    readers = [tab(node) for node in nodes]
    eventually(all_connected(nodes))

    redis.kill()
    eventually(lambda: [health(node)["status"] for node in nodes] == ["degraded"] * 2)
    for number, writer in enumerate(writers):
        writer.post(*words(f"{name}-{number}", 60))
    eventually(lambda: not any(writer.unanswered for writer in writers))
    for node in nodes:
        assert Tab(node.url).close() is None
        assert health(node, "/readyz")["database"] == "ok"

    if not keeps_its_data:
        shutil.rmtree(redis.folder)
    redis.start()
    back_at = time.monotonic()
    expected = words(f"{name}-0", 60) + words(f"{name}-1", 60)
    for each in (*writers, *readers):
        eventually(lambda each=each: shows_once(each, expected))
    eventually(all_connected(nodes))
    assert time.monotonic() - back_at < SHARED * WHOLE_S

    for each in (*writers, *readers):
        assert each.closes == []
        assert max(each.answered_s.values(), default=0.0) < SHARED * ANSWER_S


def test_redis_may_freeze_while_people_write(
    nodes: list[RunningSite], redis: RedisServer, tab: MakeTab
) -> None:
    writers = [tab(node, member=f"frozen{number}") for number, node in enumerate(nodes)]
    eventually(all_connected(nodes))

    redis.freeze()
    try:
        for number, writer in enumerate(writers):
            writer.post(*words(f"frozen-{number}", 40))
        eventually(lambda: not any(writer.unanswered for writer in writers))
        eventually(lambda: [health(node)["status"] for node in nodes] == ["degraded"] * 2)
        for node in nodes:
            started = time.monotonic()
            assert health(node, "/readyz")["status"] == "degraded"
            assert time.monotonic() - started < 1.0
    finally:
        redis.thaw()

    eventually(all_connected(nodes))
    expected = words("frozen-0", 40) + words("frozen-1", 40)
    for writer in writers:
        eventually(lambda writer=writer: shows_once(writer, expected))
        assert writer.closes == []
        assert max(writer.answered_s.values()) < SHARED * ANSWER_S
        assert statistics.median(writer.answered_s.values()) < 0.5


@pytest.mark.parametrize("redis_is", ["there", "away"])
def test_a_log_out_on_one_node_ends_the_sockets_of_that_session_on_the_other(
    nodes: list[RunningSite], redis: RedisServer, tab: MakeTab, redis_is: str
) -> None:
    one, two = nodes
    goes, stays = (tab(two, member=f"{name}{redis_is}") for name in ("goes", "stays"))
    eventually(all_connected(nodes))

    if redis_is == "away":
        redis.kill()
        eventually(lambda: [health(node)["status"] for node in nodes] == ["degraded"] * 2)
    goes.account.url = one.url
    goes.account.log_out()
    if redis_is == "away":
        redis.start()

    eventually(lambda: [code for _, code in goes.closes] == [1001])
    eventually(all_connected(nodes))
    assert stays.closes == []


def test_a_node_that_is_told_to_stop_lets_its_viewers_go_one_after_the_other(
    nodes: list[RunningSite], tab: MakeTab
) -> None:
    one, two = nodes
    leaving = [tab(one, two, member=f"leaving{number}") for number in range(2)]
    leaving += [tab(one, two) for _ in range(18)]
    staying = tab(two, member="staying")

    one.terminate()
    for writer in (leaving[0], leaving[1], staying):
        writer.post(*words(f"{writer.name}-late", 30))
    eventually(lambda: all(each.rejoined_at for each in leaving), 20)
    one.stop()
    one.start()

    codes = {code for each in leaving for _, code in each.closes}
    times = sorted(each.closes[0][0] for each in leaving)
    assert codes == {1012}
    assert times[-1] - times[0] > 1.0
    expected = [body for who in (leaving[0], leaving[1], staying) for body in words(f"{who.name}-late", 30)]
    for each in (*leaving, staying):
        eventually(lambda each=each: shows_once(each, expected))
    assert staying.closes == []
