"""The process between a tracker and those of the other nodes: it listens, beats, and tells of changes.

Changes are told after a short while together; the more there were last time, the longer the while, so that
thousands of joins are a few messages. Only this process speaks, so what it says arrives in order.
"""

from __future__ import annotations

import logging
from enum import Enum
from time import monotonic
from typing import ClassVar, Final, Protocol

from info_sys.otp import Process, send_after
from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.cluster import Periods
from rumbl_web.phoenix.tracker.gossip import Malformed, Message

log = logging.getLogger(__name__)

MAX_BATCH_MS: Final = 500.0
MAX_WAITING: Final = 10_000
"""When this many messages wait, those of other nodes are dropped: they are missed, and asked for."""
CHANGES_PER_BATCH: Final = 100
"""So many changes at once make the next batch wait twice as long as an idle one."""


class Replicated(Protocol):
    """What a replicator works for: the tracker."""

    def take_in(self, message: Message, now_ms: float) -> None:
        """Another node said this."""

    def tick(self, now_ms: float) -> None:
        """A heartbeat is due."""

    def flush(self) -> int:
        """Tell of changes; give their number."""


class _Cue(Enum):
    TICK = 1
    FLUSH = 2


class Replicator(Process):
    """Its mail is what other nodes say, as (event, payload), and its own cues."""

    __slots__ = ("_batch_ms", "_flushing", "_periods", "_tracker")

    max_mailbox: ClassVar[int] = 2 * MAX_WAITING
    """What other nodes say, up to MAX_WAITING; the rest is room for the two cues."""

    def __init__(self, tracker: Replicated, periods: Periods) -> None:
        super().__init__()
        self._tracker = tracker
        self._periods = periods
        self._batch_ms = periods.batch
        self._flushing = False
        self.send(_Cue.TICK)

    def flush_soon(self) -> None:
        """There are changes to tell of. Call it under the tracker's lock."""
        if not self._flushing:
            self._flushing = True
            send_after(self, _Cue.FLUSH, self._batch_ms)

    def handle(self, message: object) -> None:
        """Do as told; whatever goes wrong with one message is logged, and the next one is taken."""
        try:
            self._handle(message)
        except Malformed as error:
            mistakes.report(log, "presence: ignored what another node said: %.200s", error)
        except Exception:
            log.exception("presence: a message between the nodes was lost")

    def _handle(self, message: object) -> None:
        match message:
            case _Cue.TICK:
                send_after(self, _Cue.TICK, self._periods.heartbeat)
                self._tracker.tick(monotonic() * 1000)
            case _Cue.FLUSH:
                self._flushing = False
                self._batch_ms = next_batch_ms(self._tracker.flush(), self._periods.batch)
            case (str(event), payload):
                self._tracker.take_in(gossip.decode(event, payload), monotonic() * 1000)


def next_batch_ms(changes: int, idle_ms: float) -> float:
    """How long to collect the next changes after a batch of so many.

    >>> next_batch_ms(0, 50), next_batch_ms(100, 50), next_batch_ms(5000, 50)
    (50.0, 100.0, 500.0)
    """
    return min(max(MAX_BATCH_MS, idle_ms), idle_ms * (1 + changes / CHANGES_PER_BATCH))
