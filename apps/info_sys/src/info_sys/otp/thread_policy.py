"""How the system's scheduler treats a thread. Nothing happens where it can't be told; Linux can.

A thread inherits how it is treated from whoever starts it.
"""

from __future__ import annotations

import os
from contextlib import suppress


def never_interrupt(thread: int = 0) -> None:
    """From now on `thread`, when it wakes, lets whoever has the core end its slice (a few ms at most).

    For a thread that each message of thousands of clients would wake: interrupting those who work on the
    messages before, or who send the next ones, costs more than the message. `thread` is a native id, 0 is
    the caller.
    """
    if hasattr(os, "SCHED_BATCH"):
        _set(thread, os.SCHED_BATCH)


def as_the_process(thread: int = 0) -> None:
    """From now on `thread` is treated as the process's first thread is."""
    if hasattr(os, "sched_getscheduler"):
        with suppress(OSError):
            _set(thread, os.sched_getscheduler(os.getpid()))


def _set(thread: int, policy: int) -> None:
    with suppress(OSError):  # it is not allowed, or the thread has ended
        os.sched_setscheduler(thread, policy, os.sched_param(0))
