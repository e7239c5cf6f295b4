"""What every store of throttling promises."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rumbl_core.attempts import Changes, State, States
from rumbl_web.phoenix import testing_redis
from rumbl_web.throttle.fallback import Fallback
from rumbl_web.throttle.memory import Memory
from rumbl_web.throttle.redis_store import RedisStore
from rumbl_web.throttle.store import Database, Store

KEY, OTHER = b"k" * 16, b"o" * 16
DEADLINE_S = 10.0
needs_redis = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with testing_redis.running(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(
    params=[
        "memory",
        "database",
        pytest.param("redis", marks=needs_redis),
        pytest.param("fallback", marks=needs_redis),
    ]
)
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Gives a store, and another that stands for the same: a second worker, or the first after a restart."""
    opened: list[RedisStore] = []

    def redis() -> RedisStore:
        url = request.getfixturevalue("redis_url")
        opened.append(RedisStore(url, prefix=f"{tmp_path}:"))
        return opened[-1]

    memory = Memory()
    match request.param:
        case "memory":
            yield lambda: memory
        case "database":
            request.getfixturevalue("committed_database")
            yield Database
        case "redis":
            yield redis
        case _:
            yield lambda: Fallback(redis(), Memory())
    for store in opened:
        store.close()


@pytest.fixture
def store(again: Callable[[], Store]) -> Store:
    return again()


def read(store: Store, *keys: bytes) -> dict[bytes, State]:
    return store.change(keys, lambda states, _now: (dict(states), {}))


def one_more(states: States, now: float) -> tuple[float, Changes]:
    level = states[KEY].level + 1 if KEY in states else 1.0
    return level, {KEY: State(level, now, now + 1000)}


def keep(store: Store, key: bytes, level: float, lasts_s: float) -> State:
    def decide(_states: States, now: float) -> tuple[State, Changes]:
        state = State(level, now, now + lasts_s)
        return state, {key: state}

    return store.change((key,), decide)


def test_a_key_that_nobody_tried_is_not_known(store: Store) -> None:
    assert read(store, KEY, OTHER) == {}


def test_what_is_kept_is_seen_by_the_others_and_after_a_restart(again: Callable[[], Store]) -> None:
    kept = keep(again(), KEY, 1.25, 1000)
    assert read(again(), KEY, OTHER) == {KEY: kept}


def test_a_key_can_be_forgotten_and_another_kept_in_the_same_decision(store: Store) -> None:
    keep(store, KEY, 1, 1000)
    kept = State(2.0, 1.0, 1e11)
    store.change((KEY, OTHER), lambda _states, _now: (None, {KEY: None, OTHER: kept}))
    assert read(store, KEY, OTHER) == {OTHER: kept}


def test_a_decision_without_a_change_changes_nothing(store: Store) -> None:
    kept = keep(store, KEY, 3, 1000)
    assert store.change((KEY,), lambda _states, _now: ("no", {})) == "no"
    assert read(store, KEY) == {KEY: kept}


def test_the_clock_goes_on_and_tells_the_time(store: Store) -> None:
    first, second = (store.change((KEY,), lambda _states, now: (now, {})) for _ in range(2))
    assert first <= second
    assert first == pytest.approx(time.time(), abs=60)


def test_of_many_at_once_each_sees_what_the_one_before_kept(again: Callable[[], Store]) -> None:
    stores, gate = [again() for _ in range(4)], threading.Barrier(4)

    def try_thrice(store: Store) -> list[float]:
        gate.wait(DEADLINE_S)
        return [store.change((KEY, OTHER), one_more) for _ in range(3)]

    with ThreadPoolExecutor(4) as threads:
        seen = [level for levels in threads.map(try_thrice, stores) for level in levels]
    assert sorted(seen) == list(range(1, 13))
