"""The Counter of the book's chapter on OTP, as the worked example of a GenServer under a supervisor.

    counter = Counter(10).start()
    counter.dec()
    counter.val()  # 9

With `tick_ms` it counts down by itself, printing each value, and goes "boom!" at zero; its supervisor then
starts it anew from its first value:

    Supervisor([child_spec(Counter, 5, tick_ms=1000)]).start()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from info_sys.otp import send_after
from info_sys.otp.gen_server import CALL_TIMEOUT_S, Caller, GenServer, Reply, call
from info_sys.otp.gen_server import cast as send_cast

TICK = "tick"


class Counter(GenServer):
    """An integer that lives in a process."""

    def init(
        self, initial: int = 0, tick_ms: int | None = None, show: Callable[[str], object] = print
    ) -> None:
        """Start at `initial`; with `tick_ms`, count down every so many ms, telling `show`."""
        self._value = initial
        self._tick_ms = tick_ms
        self._show = show
        self._arm()

    def inc(self) -> None:
        """Add one, without waiting."""
        send_cast(self, 1)

    def dec(self) -> None:
        """Take one, without waiting."""
        send_cast(self, -1)

    def val(self, timeout_s: float = CALL_TIMEOUT_S) -> int:
        """The value after everything asked before. Raises CallTimeout, ProcessDown."""
        return cast("int", call(self, "val", timeout_s))

    def handle_call(self, request: object, caller: Caller) -> Reply:
        """Answer the value."""
        return Reply(self._value)

    def handle_cast(self, request: object) -> None:
        """Add what was sent."""
        self._value += cast("int", request)

    def handle_info(self, message: object) -> None:
        """One tick."""
        if message != TICK:
            return
        if self._value <= 0:
            raise RuntimeError("boom!")
        self._show(f"tick {self._value}")
        self._value -= 1
        self._arm()

    def _arm(self) -> None:
        if self._tick_ms is not None:
            send_after(self, TICK, self._tick_ms)
