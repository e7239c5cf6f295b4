"""The hub's slow clock: clients that went quiet, stopped reading or do not finish a close; and draining."""

from __future__ import annotations

from collections import deque
from typing import Final

from rumbl_web.phoenix.transports.connection import OPEN, HubConnection
from rumbl_web.phoenix.transports.conversation import Conversations
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.wire import TOO_SLOW, Wire

GOING_AWAY: Final = 1001
SERVICE_RESTART: Final = 1012

_TICKS_PER_IDLE = 60
_SHARES = 4
_TICKS_PER_DRAIN = 20
_LONGEST_TICK_S = 1.0


class Sweep:
    """Looks after what no event tells. No thread but the hub's.

    Each tick looks at one of `_SHARES` shares of the connections, so that 50,000 of them do not hold up a
    turn; an idle client is found within `_SHARES` ticks, 7 % of the idle timeout.
    """

    def __init__(self, wire: Wire, conversations: Conversations, options: HubOptions) -> None:
        self._wire = wire
        self._conversations = conversations
        self._options = options
        self._tick_s = min(
            options.stall_timeout_s / _SHARES, options.close_timeout_s / _SHARES, _LONGEST_TICK_S
        )
        self._next = 0
        self._share = 0
        self._leaving: deque[HubConnection] | None = None
        self._round = 0

    @property
    def draining(self) -> bool:
        """Everybody is being sent away."""
        return self._leaving is not None

    def heed(self, idle_timeout_s: float) -> None:
        """Tick often enough for a client with this idle timeout."""
        tick_s = idle_timeout_s / _TICKS_PER_IDLE
        if tick_s < self._tick_s:
            self._tick_s, self._next = tick_s, 0

    def wait_s(self) -> float:
        """How long the hub may sleep; -1 is for ever."""
        if not self._wire.connections:
            return -1
        return max(0.0, (self._next - self._wire.now) / 1_000_000)

    def drain(self, spread_s: float) -> None:
        """Begin to close every connection, evenly over `spread_s`."""
        self._leaving = deque(one for one in self._wire.connected() if one.phase == OPEN)
        self._round = -(-len(self._leaving) // _TICKS_PER_DRAIN) or 1
        self._tick_s = min(self._tick_s, max(spread_s / _TICKS_PER_DRAIN, 0.001))
        self._next = 0

    def run(self) -> None:
        """Make a tick if it is time."""
        now = self._wire.now
        if now < self._next:
            return
        self._next = now + int(self._tick_s * 1_000_000)
        self._send_away()
        self._close_idle(now)
        self._close_stalled(now)
        self._cut_late(now)

    def _send_away(self) -> None:
        for _ in range(min(self._round, len(self._leaving or ()))):
            if self._leaving:
                self._conversations.close(self._leaving.popleft(), SERVICE_RESTART, "restart")

    def _close_idle(self, now: int) -> None:
        self._share = (self._share + 1) % _SHARES
        for connection in self._wire.table[self._share :: _SHARES]:
            if (
                connection is not None
                and now - connection.seen > connection.limits.idle_timeout_s * 1_000_000
            ):
                self._conversations.close(connection, GOING_AWAY, "idle")

    def _close_stalled(self, now: int) -> None:
        oldest = now - int(self._options.stall_timeout_s * 1_000_000)
        for connection in list(self._wire.blocked):
            if connection.outbox is not None and connection.outbox.stalled_since < oldest:
                self._conversations.broken(connection, TOO_SLOW)

    def _cut_late(self, now: int) -> None:
        late = [one for one, moment in self._conversations.closing.items() if moment <= now]
        for connection in late:
            self._conversations.cut(connection)
