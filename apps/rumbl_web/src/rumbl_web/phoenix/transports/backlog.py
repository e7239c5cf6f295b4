"""Threads that call faster than the hub works wait, and it is said: else nobody knows why a site is slow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sized
from typing import Final

from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.mistakes import Mistakes

log = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 1.0
_LOOK_S: Final = 0.001
_waits: Final = Mistakes(others="such waits")


def wait_for_room(calls: Sized, room: int, works: Callable[[], bool]) -> None:
    """Wait until fewer than `room` of `calls` are left, `LONGEST_WAIT_S` at most, while somebody `works`."""
    started, waiting, waited_s = time.monotonic(), len(calls), 0.0
    while len(calls) >= room and waited_s < LONGEST_WAIT_S and works():
        time.sleep(_LOOK_S)
        waited_s = time.monotonic() - started
    if waited_s:
        telemetry.emit("hub.behind", {"duration_s": waited_s, "backlog": waiting})
        _waits.report(
            log, "the hub is behind: a thread has waited %.3f s, behind %d calls", waited_s, waiting
        )
