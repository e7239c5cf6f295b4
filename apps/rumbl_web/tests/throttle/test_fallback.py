import logging
from collections.abc import Collection

import pytest

from rumbl_core.attempts import Decide, State
from rumbl_core.errors import Unavailable
from rumbl_web.throttle.fallback import PAUSE_S, Fallback
from rumbl_web.throttle.memory import Memory

KEY = b"k"


class Moody(Memory):
    """A store that can be away, and counts how often it was asked."""

    away = False
    asked = 0

    def change(self, keys: Collection[bytes], decide: Decide[object]) -> object:
        self.asked += 1
        if self.away:
            raise Unavailable("gone")
        return super().change(keys, decide)


def count(store: Fallback) -> float:
    def decide(states, now):
        level = states[KEY].level + 1 if KEY in states else 1.0
        return level, {KEY: State(level, now, now + 1000)}

    return store.change((KEY,), decide)


def test_the_second_counts_while_the_first_is_away_and_the_first_is_left_alone_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, clock = Moody(), [0.0]
    store = Fallback(first, Memory(), clock=lambda: clock[0])
    assert [count(store), count(store)] == [1, 2]
    first.away = True
    with caplog.at_level(logging.WARNING):
        assert [count(store), count(store), count(store)] == [1, 2, 3], "it is neither open nor shut"
    assert first.asked == 3, "two good ones, and one that failed"
    assert len(caplog.records) == 1
    first.away, clock[0] = False, PAUSE_S
    assert count(store) == 3, "the first goes on where it was"
