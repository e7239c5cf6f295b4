"""How the system's scheduler treats a thread."""

from __future__ import annotations

import os
from contextlib import suppress


def never_interrupt() -> None:
    """From now on this thread, when it wakes, lets whoever has the core end its slice (a few ms at most).

    For a thread that each message of thousands of clients would wake: interrupting those who work on the
    messages before, or who send the next ones, costs more than the message. Threads that it starts inherit
    that. Nothing happens where the system knows no such policy; Linux does.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
