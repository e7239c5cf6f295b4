"""Wrong passwords are counted together, whichever node is tried, and also while their Redis is away."""

from __future__ import annotations

from rumbl_web.phoenix.testing_redis import RedisServer
from tests.running import RunningSite
from tests.viewer import Account

FREE = 5


def log_in(node: RunningSite, username: str) -> int:
    fields = {"session[username]": username, "session[password]": "wrong"}
    return Account(node.url).submit("/sessions/new", "/sessions", fields).status_code


def test_what_was_tried_on_one_node_counts_on_the_other(nodes: list[RunningSite]) -> None:
    one, two = nodes
    assert [log_in(one, "demo") for _ in range(FREE - 1)] == [200] * (FREE - 1)
    # A count of its own would let in all of them.
    assert 429 in [log_in(two, "demo") for _ in range(FREE - 1)]


def test_without_redis_they_count_in_the_database(nodes: list[RunningSite], redis: RedisServer) -> None:
    one, two = nodes
    redis.kill()
    assert [log_in(one, "nobody") for _ in range(FREE - 1)] == [200] * (FREE - 1)
    assert 429 in [log_in(two, "nobody") for _ in range(FREE - 1)]
    redis.start()
