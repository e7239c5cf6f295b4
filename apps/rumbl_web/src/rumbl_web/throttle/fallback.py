"""A store that is asked when another can't be: throttling is never off, and nobody is locked out for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import Final, TypeVar

from rumbl_core.attempts import Decide
from rumbl_core.errors import Unavailable
from rumbl_web.throttle.store import Store

T = TypeVar("T")
PAUSE_S: Final = 10.0
"""How long the first is left alone after it failed: no log-in waits for it meanwhile."""
log = logging.getLogger(__name__)


class Fallback:
    """Ask the first; while it is away ask the second, which counts from nothing."""

    def __init__(self, first: Store, second: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._first = first
        self._second = second
        self._clock = clock
        self._rests_until = float("-inf")

    def change(self, keys: Collection[bytes], decide: Decide[T]) -> T:
        """See Store."""
        if self._clock() >= self._rests_until:
            try:
                return self._first.change(keys, decide)
            except Unavailable as error:
                self._rests_until = self._clock() + PAUSE_S
                log.warning("tries are counted in the database for %d s: %s", PAUSE_S, error)
        return self._second.change(keys, decide)
