"""The rules of throttling, without a clock, a database or a request.

A try raises its key's level by one, time lowers it again. Up to a rule's free tries nobody waits; then each
one more doubles the wait, up to the rule's most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from rumbl_core.attempts import Changes, State, States

_MOST_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True)
class Rule:
    """After `free` tries the next waits `first_s`, later ones longer; a try is forgotten in `forget_s`.

    `Rule.steady(10, 3600)` is another shape of it: 10 in an hour, at once or spread.
    """

    free: int
    first_s: float
    most_s: float
    forget_s: float

    @classmethod
    def steady(cls, tries: int, seconds: float) -> Rule:
        """So many tries at once; then as many in each such time, evenly."""
        each_s = seconds / tries
        return cls(tries, each_s, each_s, each_s)

    def level(self, state: State | None, now: float) -> float:
        """How many tries count now. A clock that went back forgets nothing."""
        if state is None:
            return 0.0
        return max(0.0, state.level - max(0.0, now - state.at) / self.forget_s)

    def wait_s(self, state: State | None, now: float) -> float:
        """How long until the next try is allowed; 0 is now."""
        over = math.ceil(self.level(state, now)) - self.free  # a try counts until all of it is forgotten
        if state is None or over < 0:
            return 0.0
        delay = min(self.most_s, self.first_s * 2.0 ** min(over, _MOST_DOUBLINGS))
        return min(delay, max(0.0, state.at + delay - now))

    def more(self, state: State | None, now: float) -> State:
        """After one more try."""
        return self._state(self.level(state, now) + 1, now)

    def less(self, state: State | None, now: float) -> State | None:
        """After one that should not have counted."""
        level = self.level(state, now) - 1
        return self._state(level, now) if level > 0 else None

    def _state(self, level: float, now: float) -> State:
        return State(level, now, now + level * self.forget_s)


PAIR: Final = Rule(free=5, first_s=1, most_s=900, forget_s=1800)
"""One name from one address."""
PRESSED_PAIR: Final = Rule(free=1, first_s=60, most_s=900, forget_s=1800)
"""The same while many addresses try the name: one try for each newcomer, so its owner is never locked out."""
NAME: Final = Rule.steady(50, 3000)
"""One name from everywhere: beyond this it is under attack."""
ADDRESS: Final = Rule.steady(50, 300)
"""One address with whatever names: an office behind one address makes mistakes too."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """The keys of one try to log in."""

    pair: bytes
    name: bytes
    address: bytes

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All of them."""
        return self.pair, self.name, self.address

    def begin(self, states: States, now: float) -> tuple[float, Changes]:
        """Seconds to wait; or 0, and the try counts as a wrong one until it has `succeeded`."""
        pressed = NAME.wait_s(states.get(self.name), now) > 0
        rule = PRESSED_PAIR if pressed else PAIR
        pair, address = states.get(self.pair), states.get(self.address)
        wait_s = max(rule.wait_s(pair, now), ADDRESS.wait_s(address, now))
        if wait_s > 0:
            return wait_s, {}
        name = NAME.more(states.get(self.name), now)
        return 0.0, {
            self.pair: rule.more(pair, now),
            self.name: name,
            self.address: ADDRESS.more(address, now),
        }

    def succeeded(self, states: States, now: float) -> tuple[None, Changes]:
        """It was the right password: the pair begins anew, and for the others it was no try."""
        name = NAME.less(states.get(self.name), now)
        return None, {self.pair: None, self.name: name, self.address: self._less(states, now)}

    def not_judged(self, states: States, now: float) -> tuple[None, Changes]:
        """Nobody looked at the password."""
        pair, name = PAIR.less(states.get(self.pair), now), NAME.less(states.get(self.name), now)
        return None, {self.pair: pair, self.name: name, self.address: self._less(states, now)}

    def _less(self, states: States, now: float) -> State | None:
        return ADDRESS.less(states.get(self.address), now)
