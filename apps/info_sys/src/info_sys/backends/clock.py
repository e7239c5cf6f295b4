"""Dates and time zones: what time it is somewhere, how long until a day, which day of the week it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from info_sys.backend import Backend, Options
from info_sys.result import Result

SCORE: Final = 93
MAX_LENGTH: Final = 80

_TIME: Final = re.compile(
    r"(?:what(?:'s|\s+is)?\s+)?(?:the\s+)?(?:current\s+)?time(?:\s+is\s+it)?(?:\s+now)?\s+in\s+"
    r"(?P<place>[\w /+-]{1,40}?)(?:\s+(?:right\s+)?now)?\s*\?*",
    re.IGNORECASE,
)
_DAY: Final = r"\d{4}-\d{2}-\d{2}|today|christmas|new year"
_UNTIL: Final = re.compile(
    rf"(?:how\s+many\s+)?days\s+(?:are\s+)?(?P<way>until|till|since)\s+(?P<day>{_DAY})\s*\?*", re.I
)
_BETWEEN: Final = re.compile(
    rf"(?:how\s+many\s+)?days\s+(?:are\s+)?between\s+(?P<day>{_DAY})\s+and\s+(?P<other>{_DAY})\s*\?*", re.I
)
_WEEKDAY: Final = re.compile(
    rf"(?:what|which)\s+(?:week)?day\s+(?:is|was|will\s+be)\s+(?:it\s+on\s+)?(?P<day>{_DAY})\s*\?*", re.I
)


class Clock(Backend):
    """Knows the calendar. `now` gives the time, with its zone; tests bring their own."""

    name = "clock"
    title = "Clock"
    about = "times in the world, days between dates"
    kinds = ("time", "date")
    bangs = ("time",)
    keeps = False

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now

    def matches(self, query: str) -> bool:
        """The form alone."""
        return len(query) <= MAX_LENGTH and any(form.fullmatch(query.strip()) for form in _FORMS)

    def compute(self, query: str, opts: Options) -> list[Result]:
        """One result, or none for a place or a day that there is not."""
        for form, answer in _FORMS.items():
            if found := form.fullmatch(query.strip()):
                text = answer(self._now(), found)
                return [] if text is None else [Result(SCORE, text, self)]
        return []


def _time_in(now: datetime, found: re.Match[str]) -> str | None:
    zone = _zones().get(_plain(found["place"]))
    if zone is None:
        return None
    there = now.astimezone(ZoneInfo(zone))
    return f"{there:%H:%M on %A, %Y-%m-%d} ({zone}, UTC{there:%z})"


def _until(now: datetime, found: re.Match[str]) -> str | None:
    day = _day(now, found["day"])
    if day is None:
        return None
    number = (day - now.date()).days
    return _days(-number if found["way"].lower() == "since" else number)


def _between(now: datetime, found: re.Match[str]) -> str | None:
    first, second = _day(now, found["day"]), _day(now, found["other"])
    return None if first is None or second is None else _days(abs((second - first).days))


def _weekday(now: datetime, found: re.Match[str]) -> str | None:
    day = _day(now, found["day"])
    return None if day is None else f"{day:%A}"


_FORMS: Final = {_TIME: _time_in, _UNTIL: _until, _BETWEEN: _between, _WEEKDAY: _weekday}


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _day(now: datetime, word: str) -> date | None:
    """A date as written, or the next one of a name."""
    match word.lower():
        case "today":
            return now.date()
        case "christmas":
            return _next(now.date(), 12, 25)
        case "new year":
            return _next(now.date(), 1, 1)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _next(today: date, month: int, day: int) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _plain(place: str) -> str:
    return re.sub(r"[\s_-]+", " ", place.strip().casefold())


@cache
def _zones() -> dict[str, str]:
    """Zone by city and by its whole name, in small letters."""
    zones: dict[str, str] = {}
    for name in sorted(available_timezones()):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
        zones.setdefault(_plain(name.rpartition("/")[2]), name)
        zones[_plain(name)] = name
    return zones
