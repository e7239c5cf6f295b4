"""Agent: a state and nothing else; the functions that read and change it run inside its process.

agent = Agent(lambda: 5).start()
agent.update(lambda n: n + 1)
agent.get(lambda n: n)  # 6
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from info_sys.otp.gen_server import CALL_TIMEOUT_S, Caller, GenServer, Reply, call
from info_sys.otp.gen_server import cast as cast_to

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Apply(Generic[S]):
    """Replace the state and answer: `change(state) -> (answer, state)`."""

    change: Callable[[S], tuple[object, S]]


class Agent(GenServer, Generic[S]):
    """Holds what `initial()` gives. A function that raises ends the agent; its caller gets ProcessDown."""

    __slots__ = ("_state_held",)

    def __init__(self, initial: Callable[[], S], name: str | None = None) -> None:
        super().__init__(initial, name=name)

    def init(self, initial: Callable[[], S]) -> None:
        """Make the first state."""
        self._state_held = initial()

    def get(self, fn: Callable[[S], T], timeout_s: float = CALL_TIMEOUT_S) -> T:
        """What `fn` makes of the state."""
        return self.get_and_update(lambda state: (fn(state), state), timeout_s)

    def update(self, fn: Callable[[S], S], timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Replace the state by `fn(state)`."""
        self.get_and_update(lambda state: (None, fn(state)), timeout_s)

    def get_and_update(self, fn: Callable[[S], tuple[T, S]], timeout_s: float = CALL_TIMEOUT_S) -> T:
        """`fn(state)` gives the answer and the new state. Raises CallTimeout, ProcessDown."""
        return cast("T", call(self, _Apply(fn), timeout_s))

    def cast(self, fn: Callable[[S], S]) -> bool:
        """Like `update`, without waiting. False when the agent is gone or full."""
        request: _Apply[S] = _Apply(lambda state: (None, fn(state)))
        return cast_to(self, request)

    def handle_call(self, request: object, caller: Caller) -> Reply:
        """Run the function."""
        return Reply(self._apply(cast("_Apply[S]", request)))

    def handle_cast(self, request: object) -> None:
        """Run the function, for nobody."""
        self._apply(cast("_Apply[S]", request))

    def _apply(self, request: _Apply[S]) -> object:
        answer, self._state_held = request.change(self._state_held)
        return answer
