"""Tries counted in this process alone, for tests and development: a restart forgets them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from threading import Lock
from typing import Final, TypeVar

from rumbl_core.attempts import Decide, State

T = TypeVar("T")
MOST_KEYS: Final = 100_000


class Memory:
    """At most `most` keys; beyond that those that were not tried for longest are forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.time, most: int = MOST_KEYS) -> None:
        self._clock = clock
        self._most = most
        self._states: dict[bytes, State] = {}
        self._lock = Lock()

    def change(self, keys: Collection[bytes], decide: Decide[T]) -> T:
        """See Store."""
        with self._lock:
            now = self._clock()
            known = {
                key: state for key in keys if (state := self._states.get(key)) and state.expires_at > now
            }
            answer, changes = decide(known, now)
            for key, state in changes.items():
                self._states.pop(key, None)
                if state is not None:
                    self._states[key] = state
            while len(self._states) > self._most:
                del self._states[next(iter(self._states))]
            return answer
