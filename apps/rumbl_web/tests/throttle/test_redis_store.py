from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from rumbl_core.attempts import Changes, State, States
from rumbl_core.errors import Unavailable
from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.testing_redis import RedisServer
from rumbl_web.throttle.redis_store import RedisStore

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)
KEY = b"k" * 16


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with testing_redis.running(tmp_path) as running:
        yield running


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisStore]:
    made = RedisStore(server.url)
    yield made
    made.close()


def keep_for_100_s(_states: States, now: float) -> tuple[None, Changes]:
    return None, {KEY: State(1, now, now + 100)}


def test_redis_itself_forgets_a_key_when_it_expires(store: RedisStore, server: RedisServer) -> None:
    store.change((KEY,), keep_for_100_s)
    with Redis.from_url(server.url) as redis:
        (name,) = redis.keys("*")
        assert name == b"rumbl:attempts:" + KEY.hex().encode()
        assert 90_000 < redis.pttl(name) <= 100_000


def test_a_dead_redis_is_said_to_be_away_and_a_new_one_is_used_again(
    store: RedisStore, server: RedisServer
) -> None:
    store.change((KEY,), keep_for_100_s)
    server.kill()
    with pytest.raises(Unavailable):
        store.change((KEY,), keep_for_100_s)
    server.start()
    store.change((KEY,), keep_for_100_s)


def test_a_frozen_redis_is_not_waited_for(store: RedisStore, server: RedisServer) -> None:
    store.change((KEY,), keep_for_100_s)
    server.freeze()
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        store.change((KEY,), keep_for_100_s)
    assert time.monotonic() - begin < 5
    server.thaw()
