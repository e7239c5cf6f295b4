import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from rumbl_core import attempts, repo
from rumbl_core.attempts import Attempt, Changes, State, States
from rumbl_core.testing import Sandbox

KEY, OTHER = b"k" * 16, b"o" * 16
FAR = 1e11


def put(key: bytes, state: State | None) -> None:
    attempts.change([key], lambda _states, _now: (None, {key: state}))


def get(*keys: bytes) -> States:
    return attempts.change(keys, lambda states, _now: (dict(states), {}))


def one_more(states: States, now: float) -> tuple[float, Changes]:
    level = states[KEY].level + 1 if KEY in states else 1.0
    return level, {KEY: State(level, now, FAR)}


def test_what_is_kept_is_found_again_and_nothing_else(sandbox: Sandbox) -> None:
    put(KEY, State(1.5, 2.25, FAR))
    put(KEY, State(2.5, 3.25, FAR))
    assert get(KEY, OTHER) == {KEY: State(2.5, 3.25, FAR)}
    whole = {KEY: State(1, 2, 3), OTHER: State(0.5, 2, FAR)}
    attempts.change([KEY, OTHER], lambda _states, _now: (None, whole))
    assert get(KEY, OTHER) == whole, "whole numbers beside others"
    put(KEY, None)
    put(OTHER, None)
    assert get(KEY, OTHER) == {}


def test_looking_makes_no_row(sandbox: Sandbox) -> None:
    get(KEY, OTHER)
    assert repo.count(select(Attempt)) == 0


def test_the_clock_is_the_databases(sandbox: Sandbox) -> None:
    assert attempts.change([KEY], lambda _states, now: (now, {})) == pytest.approx(time.time(), abs=60)


def test_of_many_at_once_each_sees_what_the_one_before_kept(committed_database: str) -> None:
    gate = threading.Barrier(8)

    def try_once(_: int) -> float:
        gate.wait(10)
        return attempts.change([KEY, OTHER], one_more)

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(try_once, range(8))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_keys_in_any_order_do_not_wait_for_each_other(committed_database: str) -> None:
    def try_often(keys: list[bytes]) -> None:
        for _ in range(30):
            attempts.change(keys, one_more)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(try_often, [[KEY, OTHER], [OTHER, KEY]]))
    assert get(KEY)[KEY].level == 60


def test_what_is_forgotten_is_swept_away_in_steps_while_people_try(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SWEPT_AT_ONCE", 3)
    monkeypatch.setattr(attempts, "SWEEP_EVERY", 1)
    with repo.transaction():
        for number in range(5):
            attempts._keep({bytes([number]) * 16: State(1, 1, 2.0 + number)})
    put(KEY, State(1, 1, FAR))
    assert repo.count(select(Attempt)) == 3
    assert repo.one(select(func.min(Attempt.expires_at))) == 5.0, "the oldest go first"
    put(KEY, State(1, 1, FAR))
    assert repo.count(select(Attempt)) == 1
    assert attempts.sweep() == 0


def test_no_step_is_longer_however_the_database_plans_it(
    badly_planned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SWEPT_AT_ONCE", 3)
    attempts._keep({bytes([number]) * 16: State(1, 1, 2.0 + number) for number in range(20)})
    assert [attempts.sweep() for _ in range(7)] == [3, 3, 3, 3, 3, 3, 2]
