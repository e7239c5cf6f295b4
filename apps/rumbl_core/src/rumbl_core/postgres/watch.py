"""Watching over an embedded PostgreSQL: one that dies under its users is started again."""

from __future__ import annotations

import logging
import threading
from typing import Final

from rumbl_core.errors import StartError
from rumbl_core.postgres.embedded import EmbeddedPostgres

_log = logging.getLogger(__name__)

_EVERY_S: Final = 1.0
_AFTER_FAILURE_S: Final = 5.0
_STOP_S: Final = 150.0
"""Longer than a start may take."""


class Watch:
    """A thread that looks after the server once a second, until `stop`.

    The process that started the server has it, so the pools of all others only have to connect again. It is
    not there in children made by fork.
    """

    def __init__(self, embedded: EmbeddedPostgres) -> None:
        self._embedded = embedded
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rumbl-postgres-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; waits for a start that is under way."""
        if self._thread.is_alive():  # in a child made by fork it isn't
            self._ended.set()
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        pause = _EVERY_S
        while not self._ended.wait(pause):
            try:
                pause = _EVERY_S
                if self._embedded.revive():
                    _log.warning("PostgreSQL in %s had died; it was started again", self._embedded.data)
            except StartError as error:
                pause = _AFTER_FAILURE_S
                _log.error("PostgreSQL had died and doesn't start again: %s", error)
            except Exception:
                pause = _AFTER_FAILURE_S
                _log.exception("Looking after PostgreSQL in %s failed", self._embedded.data)
