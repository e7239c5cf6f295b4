"""What tests of the information system, and of those who use it, need."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_pause = threading.Event()


def eventually(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Ask until `condition()` is true. Raises AssertionError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s")
        _pause.wait(0.002)
