"""`compute`: ask all backends at once, wait until one deadline, keep the best of what came in time.

compute("1 + 1")              the best answers
ask("1 + 1")                  the same, with what became of each source ("why this answer?")
stream("1 + 1")               the outcomes as they come
compute("!wolfram 1 + 1")     only Wolfram Alpha is asked
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, cast

from info_sys import cache as caches
from info_sys import question
from info_sys.backend import Backend, Options
from info_sys.backends.calculator import Calculator
from info_sys.health import Health
from info_sys.inquiry import TASK_SUPERVISOR, Answers, Inquiry, Outcome, wants
from info_sys.result import Result
from info_sys.shared import AnswerStore

__all__ = ["TASK_SUPERVISOR", "Answer", "Defaults", "Outcome", "ask", "asks", "compute", "defaults", "stream"]

LIMIT: Final = 10
TIMEOUT_MS: Final = 10_000

_score = attrgetter("score")


class Defaults(NamedTuple):
    """Who is asked, for how long, and how they do, when the caller does not say."""

    backends: tuple[Backend, ...] = (Calculator(),)
    timeout_ms: float = TIMEOUT_MS
    health: Health | None = None
    shared: AnswerStore | None = None


class Answer(NamedTuple):
    """The best results, the best first, and the outcome of every source in the order of the backends."""

    results: list[Result]
    outcomes: list[Outcome]


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

    Blocks at most `timeout_ms` ms (default 10,000), for all backends together, and no longer than until all
    have answered. Never raises because of a backend: one without an answer in time is left out. `cache` names
    the cache that is asked first.
    """
    chosen = _defaults.backends if backends is None else backends
    if query[:1] != "!":
        keys = [(backend.name, query, limit) for backend in chosen]
        lists = cast("list[Answers | None]", caches.fetch_all(keys, cache))
        if None not in lists:
            return _best((answers or () for answers in lists), limit)
    return ask(query, limit=limit, timeout_ms=timeout_ms, backends=chosen, cache=cache).results


def ask(
    query: str,
    *,
    limit: int = LIMIT,
    timeout_ms: float | None = None,
    backends: Sequence[Backend] | None = None,
    cache: str = caches.NAME,
) -> Answer:
    """As `compute`, and what became of each source."""
    chosen = _defaults.backends if backends is None else backends
    came = stream(query, limit=limit, timeout_ms=timeout_ms, backends=chosen, cache=cache)
    rank = {id(backend): place for place, backend in enumerate(chosen)}
    outcomes = sorted(came, key=lambda outcome: rank[id(outcome.backend)])
    return Answer(_best((outcome.results for outcome in outcomes), limit), outcomes)


def stream(
    query: str,
    *,
    limit: int = LIMIT,
    timeout_ms: float | None = None,
    backends: Sequence[Backend] | None = None,
    cache: str = caches.NAME,
) -> Iterator[Outcome]:
    """The outcome of each source as it comes. A generator: closed early, it gives up on the rest."""
    chosen = _defaults.backends if backends is None else backends
    opts = Options(limit, _defaults.timeout_ms if timeout_ms is None else timeout_ms)
    text, only = _addressed(query, chosen)
    inquiry = Inquiry(text, opts, cache, _defaults.health, _defaults.shared, forced=bool(only))
    return inquiry.ask(only or chosen)


def asks(query: str, backends: Sequence[Backend] | None = None) -> bool:
    """Whether anybody would be asked: cheap enough for every line that people write."""
    chosen = _defaults.backends if backends is None else backends
    text, only = _addressed(query, chosen)
    return bool(only) or any(wants(backend, text) for backend in chosen)


def defaults() -> Defaults:
    """What holds now."""
    return _defaults


def set_defaults(new: Defaults) -> None:
    """Choose what holds from now on; the application does it at its start and end."""
    global _defaults  # noqa: PLW0603  # the one setting of the running application
    _defaults = new


def _addressed(query: str, backends: Sequence[Backend]) -> tuple[str, list[Backend]]:
    """The words to look up, and those whom a bang names; nobody when there is none that we know."""
    if query[:1] != "!":
        return query, []
    text, bang = question.parse(query)
    only = [backend for backend in backends if bang == backend.name or bang in backend.bangs]
    return (text, only) if only and text else (query, [])


def _best(lists: Iterator[Answers], limit: int) -> list[Result]:
    results = [result for answers in lists for result in answers]
    results.sort(key=_score, reverse=True)
    return results[: max(limit, 0)]
