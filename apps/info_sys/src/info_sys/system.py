"""`compute`: ask all backends at once, wait until one deadline, keep the best of what came in time.

A backend that crashes, hangs or returns nonsense costs its own answers and nothing else. What comes late is
dropped, and never reaches the cache."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter
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

Key = tuple[str, str, int]
Answers = tuple[Result, ...]

_flights = Flights()
_score = attrgetter("score")


class Defaults(NamedTuple):
    """Who is asked, and for how long, when the caller does not say."""

    backends: tuple[Backend, ...] = (Calculator(),)
    timeout_ms: float = TIMEOUT_MS


_defaults = Defaults()


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
    chosen = _defaults.backends if backends is None else backends
    keys = [(backend.name, query, limit) for backend in chosen]
    lists = cast("list[Answers | None]", caches.fetch_all(keys, cache))
    if None in lists:
        opts = Options(limit, _defaults.timeout_ms if timeout_ms is None else timeout_ms)
        lists = _ask_for_the_missing(chosen, keys, lists, query, opts, cache)
    results = [result for answers in lists for result in answers or ()]
    results.sort(key=_score, reverse=True)
    return results[: max(limit, 0)]


def defaults() -> Defaults:
    """What holds now."""
    return _defaults


def set_defaults(new: Defaults) -> None:
    """Choose what holds from now on; the application does it at its start and end."""
    global _defaults  # noqa: PLW0603  # the one setting of the running application
    _defaults = new


def _wants(backend: Backend, query: str) -> bool:
    try:
        return backend.matches(query)
    except Exception as error:
        _blame(backend, error)
        return False


def _ask_for_the_missing(
    backends: Sequence[Backend],
    keys: Sequence[Key],
    lists: Sequence[Answers | None],
    query: str,
    opts: Options,
    cache: str,
) -> list[Answers | None]:
    """All requests go out before the first is waited for."""
    asked = [
        _ask(backend, key, query, opts, cache) if known is None and opts.limit > 0 else None
        for backend, key, known in zip(backends, keys, lists, strict=True)
    ]
    return [
        known if flight is None else _collect(flight, backend, key, opts, cache)
        for flight, backend, key, known in zip(asked, backends, keys, lists, strict=True)
    ]


def _ask(backend: Backend, key: Key, query: str, opts: Options, cache: str) -> Flight | None:
    if not _wants(backend, query):
        return None
    try:
        return _flights.board((id(backend), key, cache), lambda: _start(backend, query, opts))
    except (ProcessDown, MaxChildren, NoThreadLeft) as error:
        _blame(backend, error)
        return None


def _start(backend: Backend, query: str, opts: Options) -> Task[Answers]:
    return find_supervisor(TASK_SUPERVISOR).async_nolink(_attempt, backend, query, opts)


def _attempt(backend: Backend, query: str, opts: Options) -> Answers:
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


def _collect(flight: Flight, backend: Backend, key: Key, opts: Options, cache: str) -> Answers | None:
    outcome = cast("Ok[Answers] | Exit | None", flight.task.result(opts.remaining_s))
    _flights.leave(flight)
    match outcome:
        case Ok(value):
            caches.put(key, value, cache)
            return value
        case None:
            took_ms = (time.monotonic() - opts.started) * 1000
            log.warning("backend %s gave no answer in %d ms", backend.name, took_ms)
    return None


def _blame(backend: Backend, error: Exception) -> None:
    name = getattr(backend, "name", type(backend).__name__)
    log.warning("backend %s failed: %s: %.200s", name, type(error).__name__, error)
