"""A thread that looks in at every tick while there is something to watch, and sleeps while there is not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

_QUIET_TICKS: Final = 50
_SOMEWHAT_LATE_S: Final = 0.05


class Watchdog:
    """Calls `look(on_time)` every `tick_s` seconds; when it answers False fifty times running, it sleeps.

    `asleep` is for the caller, who looks at it on a hot path and calls `wake` when it is True. `on_time` is
    False when the tick came much too late: then the whole machine is behind, and little can be concluded.
    """

    def __init__(self, look: Callable[[bool], bool], tick_s: float) -> None:
        self.asleep = True
        self._look = look
        self._tick_s = tick_s
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Begin to look in. The thread starts with the first call; if it can't, the next call tries again."""
        self.asleep = False
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="otp-watchdog", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    log.error("no thread for the watchdog: %s", error)
                    self.asleep = True
                    return
                self._thread = thread
        self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            quiet = 0
            while quiet < _QUIET_TICKS:
                quiet = 0 if self._tick() else quiet + 1
            self.asleep = True
            if self._look(True):  # what came while it was falling asleep
                self.wake()

    def _tick(self) -> bool:
        began = time.monotonic()
        time.sleep(self._tick_s)
        try:
            return self._look(time.monotonic() - began < 2 * self._tick_s + _SOMEWHAT_LATE_S)
        except Exception:
            log.exception("the watchdog could not look")
            return False
