"""The running example of the home page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from babel.support import NullTranslations

from rumbl_web import gettext
from rumbl_web.gettext import noop
from rumbl_web.views.time_view import format_time
from rumbl_web.views.user_view import initials

CALCULATOR: Final = noop("Calculator")
DEMO_NOTES: Final = (
    (0, 2, "Ana", noop("Here we go")),
    (4_000, 5, "Ben", noop("Popcorn is ready")),
    (11_000, 2, "Ana", noop("Look, the sun goes down")),
    (17_000, 4, "Carla", noop("Pinning this one: right here!")),
    (25_000, 5, "Ben", noop("Got it the same second")),
    (32_000, 4, "Carla", "1 + 1"),
    (32_000, 7, CALCULATOR, "2"),
)


def demo_notes() -> list[dict[str, Any]]:
    """Notes that move in beside the demo clip, in order: `at` in ms, its text, who, and what."""
    return _demo_notes(gettext.catalogue(gettext.language()))


@lru_cache(16)
def _demo_notes(words: NullTranslations) -> list[dict[str, Any]]:
    """They are the same on every page of a language."""
    return [
        {
            "at": at,
            "time": format_time(at),
            "name": words.gettext(name),
            "initials": initials(words.gettext(name)),
            "tone": f"tone-{tone}",
            "body": words.gettext(body),
            "answer": name == CALCULATOR,
        }
        for at, tone, name, body in DEMO_NOTES
    ]
