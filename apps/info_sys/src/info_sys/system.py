"""`compute`: ask all backends at once, wait until one deadline, keep the best of what came in time.

A backend that crashes, hangs or returns nonsense costs its own answers and nothing else. What comes late is
dropped, and never reaches the cache."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Hashable, Sequence
from itertools import islice
from typing import Final, NamedTuple, cast

from info_sys import cache as caches
from info_sys.backend import Backend, Options
from info_sys.backends.calculator import Calculator
from info_sys.flights import Flight, Flights
from info_sys.otp.gen_server import ProcessDown
from info_sys.otp.process import Exit
from info_sys.otp.task import MaxChildren, NoThreadLeft, Ok, Task, find_supervisor
from info_sys.result import Result

log = logging.getLogger(__name__)

TASK_SUPERVISOR: Final = "InfoSys.TaskSupervisor"
LIMIT: Final = 10
TIMEOUT_MS: Final = 10_000

# What one backend may return to one question; the rest of a longer answer is cut off.
MAX_RESULTS: Final = 100
MAX_TEXT: Final = 10_000

_flights = Flights()


class Defaults(NamedTuple):
    """Who is asked, and for how long, when the caller does not say."""

    backends: tuple[Backend, ...] = (Calculator(),)
    timeout_ms: float = TIMEOUT_MS


_defaults = Defaults()


class _Asked(NamedTuple):
    """One backend's part in one `compute`: answered from the cache, or under way."""

    backend: Backend
    key: Hashable
    cached: tuple[Result, ...] | None
    flight: Flight | None


def compute(
    query: str,
    *,
    limit: int = LIMIT,
    timeout_ms: float | None = None,
    backends: Sequence[Backend] | None = None,
    cache: str = caches.NAME,
) -> list[Result]:
    """The `limit` best answers to `query`, the best first; equal scores in the order of `backends`.

    Blocks at most `timeout_ms` ms (default 10,000), for all backends together. Never raises because of a
    backend: one without an answer in time is left out. `cache` names the cache that is asked first.
    """
    opts = Options(limit, _defaults.timeout_ms if timeout_ms is None else timeout_ms)
    asked = [
        _ask(backend, query, opts, cache)
        for backend in (_defaults.backends if backends is None else backends)
        if limit > 0 and _wants(backend, query)
    ]
    results = [result for one in asked for result in _collect(one, opts, cache)]
    results.sort(key=_score, reverse=True)
    return results[:limit]


def defaults() -> Defaults:
    """What holds now."""
    return _defaults


def set_defaults(new: Defaults) -> None:
    """Choose what holds from now on; the application does it at its start and end."""
    global _defaults  # noqa: PLW0603  # the one setting of the running application
    _defaults = new


def _score(result: Result) -> float:
    return result.score


def _wants(backend: Backend, query: str) -> bool:
    try:
        return backend.matches(query)
    except Exception as error:
        _blame(backend, error)
        return False


def _ask(backend: Backend, query: str, opts: Options, cache: str) -> _Asked:
    key = (backend.name, query, opts.limit)
    found = caches.fetch(key, cache)
    if found is not None:
        return _Asked(backend, key, cast("tuple[Result, ...]", found.value), None)
    flight = None
    try:
        flight = _flights.board((id(backend), key, cache), lambda: _start(backend, query, opts))
    except (ProcessDown, MaxChildren, NoThreadLeft) as error:
        _blame(backend, error)
    return _Asked(backend, key, None, flight)


def _start(backend: Backend, query: str, opts: Options) -> Task[tuple[Result, ...]]:
    return find_supervisor(TASK_SUPERVISOR).async_nolink(_attempt, backend, query, opts)


def _attempt(backend: Backend, query: str, opts: Options) -> tuple[Result, ...]:
    """Runs in the task: also a lazy, endless or wrong answer is the task's problem, not the asker's."""
    try:
        return tuple(_checked(result) for result in islice(backend.compute(query, opts), MAX_RESULTS))
    except Exception as error:
        _blame(backend, error)
        raise Exit(error.with_traceback(None)) from None


def _checked(result: object) -> Result:
    if not isinstance(result, Result):
        raise TypeError(f"a backend must return a list of Result, not of {type(result).__name__}")
    if not math.isfinite(result.score) or not isinstance(result.text, str | None):
        raise TypeError("a Result needs a finite number as score and a string as text")
    if result.text is not None and len(result.text) > MAX_TEXT:
        return Result(result.score, result.text[: MAX_TEXT - 1] + "…", result.backend, result.url)
    return result


def _collect(asked: _Asked, opts: Options, cache: str) -> tuple[Result, ...]:
    if asked.cached is not None:
        return asked.cached
    if asked.flight is None:
        return ()
    outcome = cast("Ok[tuple[Result, ...]] | Exit | None", asked.flight.task.result(opts.remaining_s))
    _flights.leave(asked.flight)
    match outcome:
        case Ok(value):
            caches.put(asked.key, value, cache)
            return value
        case None:
            took_ms = (time.monotonic() - opts.started) * 1000
            log.warning("backend %s gave no answer in %d ms", asked.backend.name, took_ms)
    return ()


def _blame(backend: Backend, error: Exception) -> None:
    name = getattr(backend, "name", type(backend).__name__)
    log.warning("backend %s failed: %s: %.200s", name, type(error).__name__, error)
