"""The log of what clients do wrong: short lines, and few of them, whatever the clients do.

Not for crashes of our own: those are logged whole.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

LINES_PER_S: Final = 5


class Mistakes:
    """Lets `LINES_PER_S` lines a second through and counts the `others`. Safe to use from any thread."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, others: str = "mistakes of clients"
    ) -> None:
        self._clock = clock
        self._others = others
        self._lock = threading.Lock()
        self._second = 0.0
        self._lines = 0
        self._suppressed = 0

    def report(self, log: logging.Logger, text: str, *arguments: object) -> None:
        """Warn of a mistake, in the manner of `log.warning`; cut what a client wrote, as in `%.100r`."""
        suppressed = self._count()
        if suppressed is None:
            return
        if suppressed:
            text, arguments = f"{text} (and %d more {self._others} before)", (*arguments, suppressed)
        log.warning(text, *arguments)

    def _count(self) -> int | None:
        """Count one more. None: no line for it; else the number of those that got none before."""
        now = self._clock()
        with self._lock:
            if now - self._second >= 1.0:
                self._second, self._lines = now, 0
            self._lines += 1
            if self._lines > LINES_PER_S:
                self._suppressed += 1
                return None
            suppressed, self._suppressed = self._suppressed, 0
            return suppressed


report: Final = Mistakes().report
"""The one of this process."""
