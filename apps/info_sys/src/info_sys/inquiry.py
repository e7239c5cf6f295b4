"""One question to many sources at once: their outcomes, in the order in which they come, until a deadline.

A backend that crashes, hangs or returns nonsense costs its own answers and nothing else. What comes late is
dropped, and never reaches the cache.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Final, Literal, NamedTuple, cast

from info_sys import cache as caches
from info_sys.backend import Backend, Options
from info_sys.flights import Flight, Flights, Landed
from info_sys.health import Health
from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.process import Exit
from info_sys.otp.scheduler import blocking
from info_sys.otp.task import MaxChildren, NoThreadLeft, Ok, Task, find_supervisor
from info_sys.result import Result
from info_sys.shared import AnswerStore

log = logging.getLogger(__name__)

TASK_SUPERVISOR: Final = "InfoSys.TaskSupervisor"

# What one backend may return to one question; the rest of a longer answer is cut off.
MAX_RESULTS: Final = 100
MAX_TEXT: Final = 10_000

_LOOK_S: Final = 0.05
"""How often to see whether a task was given up on by somebody else: that puts nothing on the desk."""

Key = tuple[str, str, int]
Answers = tuple[Result, ...]
State = Literal["answered", "nothing", "cached", "late", "failed", "resting", "busy", "refused", "not asked"]

_flights = Flights()


class Outcome(NamedTuple):
    """What became of the question to one source. `took_ms` is None where nobody was asked.

    answered, nothing: it had results, or none. cached: as known from before. late, failed: no answer in time,
    or an error. resting: it failed so often that it is left in peace. busy: it was asked too often. refused:
    too much is under way here. not asked: it is no question for it.
    """

    backend: Backend
    state: State
    results: Answers = ()
    took_ms: float | None = None

    @property
    def score(self) -> float | None:
        """Of its best result, None if it has none."""
        return max((result.score for result in self.results), default=None)


class Inquiry:
    """A question under way. `key` of a backend is where the cache has its answers."""

    def __init__(
        self,
        query: str,
        opts: Options,
        cache: str,
        health: Health | None,
        shared: AnswerStore | None = None,
        *,
        forced: bool,
    ) -> None:
        self._query = query
        self._opts = opts
        self._cache = cache
        self._health = health
        self._shared = shared
        self._forced = forced
        self._desk: SimpleQueue[Flight] = SimpleQueue()
        self._flying: dict[Flight, Backend] = {}

    def key(self, backend: Backend) -> Key:
        """Where the cache has the answers of a backend."""
        return (backend.name, self._query, self._opts.limit)

    def ask(self, backends: Sequence[Backend]) -> Iterator[Outcome]:
        """All requests go out before the first outcome is given; who gives up on it, abandons them."""
        known = self._known(backends)
        here = [self._board(backend, answers) for backend, answers in zip(backends, known, strict=True)]
        try:
            yield from (outcome for outcome in here if outcome is not None)
            while self._flying:
                yield from self._next()
        finally:
            for flight in self._flying:
                _flights.leave(flight)

    def _known(self, backends: Sequence[Backend]) -> list[Answers | None]:
        """The answers that are there already: in this process, or in another one."""
        known = cast("list[Answers | None]", caches.fetch_all(map(self.key, backends), self._cache))
        missing = [place for place, answers in enumerate(known) if answers is None]
        if self._shared is None or not missing:
            return known
        found = self._shared.fetch([(backends[place], self.key(backends[place])) for place in missing])
        for place, answers in zip(missing, found, strict=True):
            known[place] = answers
        return known

    def _known_now(self, backend: Backend) -> Answers | None:
        """What an equal question has brought since this one began."""
        (answers,) = caches.fetch_all([self.key(backend)], self._cache)
        return cast("Answers | None", answers)

    def _keep(self, backend: Backend, answers: Answers) -> None:
        if backend.keeps:
            caches.put(self.key(backend), answers, self._cache)

    def _share(self, backend: Backend, answers: Answers) -> None:
        if backend.keeps and self._shared is not None:
            self._shared.put(self.key(backend), answers)

    def _board(self, backend: Backend, known: Answers | None) -> Outcome | None:
        if known is not None:
            return Outcome(backend, "cached", known)
        if self._opts.limit <= 0 or not (self._forced or wants(backend, self._query)):
            return Outcome(backend, "not asked")
        refusal = self._health and self._health.refusal(backend)
        if refusal:
            return Outcome(backend, refusal)
        try:
            key = (id(backend), self.key(backend), self._cache)
            flight = _flights.board(
                key, partial(self._start, backend), self._desk, partial(self._known_now, backend)
            )
        except (ProcessDown, MaxChildren, NoThreadLeft) as error:
            _blame(backend, error)
            return Outcome(backend, "refused")
        if not isinstance(flight, Flight):
            return Outcome(backend, "cached", flight)
        self._flying[flight] = backend
        return None

    def _start(self, backend: Backend, landed: Landed) -> Task[Answers]:
        supervisor = find_supervisor(TASK_SUPERVISOR)
        keep = partial(self._keep, backend)
        return supervisor.async_nolink(_attempt, backend, self._query, self._allowance(backend), landed, keep)

    def _allowance(self, backend: Backend) -> Options:
        own = backend.timeout_ms
        return self._opts if own is None else self._opts.at_most(own)

    def _next(self) -> Iterator[Outcome]:
        """Wait for what lands, or for the first deadline."""
        wait_s = min(self._allowance(backend).remaining_s for backend in self._flying.values())
        try:
            with blocking():
                landed = self._desk.get(timeout=min(wait_s, _LOOK_S))
        except Empty:
            yield from self._look()
        else:
            if landed in self._flying:
                yield self._landed(landed)

    def _look(self) -> Iterator[Outcome]:
        for flight, backend in list(self._flying.items()):
            if flight.task.done:
                yield self._landed(flight)
            elif self._allowance(backend).remaining_s <= 0:
                yield self._late(flight)

    def _landed(self, flight: Flight) -> Outcome:
        backend = self._flying.pop(flight)
        outcome = cast("Ok[Answers] | Exit | None", flight.task.result(self._opts.remaining_s))
        first = _flights.settle(flight)
        _flights.leave(flight)
        took_ms = self._opts.spent_ms
        if isinstance(outcome, Ok):
            if first:
                self._share(backend, outcome.value)
            state: State = "answered" if outcome.value else "nothing"
            if first and self._health:
                self._health.succeeded(backend, state, took_ms)
            return Outcome(backend, state, outcome.value, took_ms)
        if first and self._health:
            self._health.failed(backend, "failed", took_ms, getattr(outcome, "reason", None))
        return Outcome(backend, "failed", took_ms=took_ms)

    def _late(self, flight: Flight) -> Outcome:
        backend = self._flying.pop(flight)
        abandoned = _flights.leave(flight)  # if others still wait, what becomes of it is theirs to note
        took_ms = self._opts.spent_ms
        log.warning("backend %s gave no answer in %d ms", backend.name, took_ms)
        if abandoned and self._health and _flights.settle(flight):
            self._health.failed(backend, "late", took_ms)
        return Outcome(backend, "late", took_ms=took_ms)


def wants(backend: Backend, query: str) -> bool:
    """Whether a backend wants this question. One that fails at saying so does not."""
    try:
        return backend.matches(query)
    except Exception as error:
        _blame(backend, error)
        return False


def _attempt(
    backend: Backend, query: str, opts: Options, landed: Landed, keep: Callable[[Answers], None]
) -> Answers:
    """Runs in the task: also a lazy, endless or wrong answer is the task's problem, not the asker's."""
    kept = None
    try:
        results = islice(backend.compute(query, opts), MAX_RESULTS)
        answers = tuple(_checked(result, backend.weight) for result in results)
        kept = partial(keep, answers)
        return answers
    except Exception as error:
        _blame(backend, error)
        raise Exit(error.with_traceback(None)) from None
    finally:
        landed(kept)


def _checked(result: object, weight: float) -> Result:
    if not isinstance(result, Result):
        raise TypeError(f"a backend must return a list of Result, not of {type(result).__name__}")
    if not math.isfinite(result.score) or not isinstance(result.text, str | None):
        raise TypeError("a Result needs a finite number as score and a string as text")
    long = result.text is not None and len(result.text) > MAX_TEXT
    if not long and weight == 1:
        return result
    text = f"{(result.text or '')[: MAX_TEXT - 1]}…" if long else result.text
    return Result(result.score * weight, text, result.backend, result.url)


def _blame(backend: Any, error: Exception) -> None:
    name = getattr(backend, "name", type(backend).__name__)
    log.warning("backend %s failed: %s: %.200s", name, type(error).__name__, error)
