"""The plug point of the information system: who can be asked.

A backend is plain, synchronous code. It may be slow, crash or return nonsense; `info_sys.compute` is built
around that. Subclass `Backend` for one that knows by itself, `info_sys.web_backend.WebBackend` for one that
asks a service. Installed under the entry point group `info_sys.backends` it is found by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, Self

from info_sys.result import Result

if TYPE_CHECKING:
    from info_sys.http_client import HttpClient


@dataclass(frozen=True, slots=True)
class Options:
    """What the asker allows: so many results, in so many ms from now."""

    limit: int = 10
    timeout_ms: float = 10_000
    started: float = field(default_factory=time.monotonic)

    def at_most(self, timeout_ms: float) -> Options:
        """The same with a shorter time, or the same."""
        return self if timeout_ms >= self.timeout_ms else replace(self, timeout_ms=timeout_ms)

    @property
    def spent_ms(self) -> float:
        """Milliseconds since the question was asked."""
        return (time.monotonic() - self.started) * 1000

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, never below 0."""
        return max(self.started + self.timeout_ms / 1000 - time.monotonic(), 0.0)


@dataclass(frozen=True, slots=True)
class Context:
    """What a backend is made from: the environment's variables (keys of services), and the way to the web."""

    environment: Mapping[str, str] = field(default_factory=dict)
    http_client: HttpClient | None = None


class Backend(Protocol):
    """Somebody who answers questions. `name` is the username of its answers, `title` is for people.

    `about`: one line. `kinds`: what it is asked for, such as "fact" or "sum". `bangs`: words that ask it
    alone, without their "!". `licence`: of its answers, shown beside them. `timeout_ms`: the most that it
    gets of the deadline. `weight`: its scores are multiplied by it. `per_minute`: how often it may be asked,
    None for any. `keeps`: whether its answers stay true for a minute, so that they may be cached. `needs`:
    variables of the environment that it can't do without, such as a key; their values are never shown.
    """

    name: str
    title: str
    about: str = ""
    kinds: tuple[str, ...] = ("fact",)
    bangs: tuple[str, ...] = ()
    licence: str | None = None
    timeout_ms: float | None = None
    weight: float = 1.0
    per_minute: float | None = None
    keeps: bool = True
    needs: tuple[str, ...] = ()

    @classmethod
    def create(cls, context: Context) -> Self | None:
        """The backend as an application has it; None (and a line in the log) if it lacks what it needs."""
        return cls()

    def compute(self, query: str, opts: Options) -> list[Result]:
        """The answers to `query`. Runs on a thread of its own; anything raised means no answer."""

    def matches(self, query: str) -> bool:
        """Whether it makes sense to ask. Called for every note that anybody writes: microseconds, no I/O."""
        return True
