"""The running example of the home page."""

from __future__ import annotations

from typing import Any, Final

from rumbl_web.views.time_view import format_time
from rumbl_web.views.user_view import initials

DEMO_NOTES: Final = (
    (0, 2, "Ana", "Here we go"),
    (4_000, 5, "Ben", "Popcorn is ready"),
    (11_000, 2, "Ana", "Look, the sun goes down"),
    (17_000, 4, "Carla", "Pinning this one: right here!"),
    (25_000, 5, "Ben", "Got it the same second"),
    (32_000, 4, "Carla", "1 + 1"),
    (32_000, 7, "Calculator", "2"),
)


def demo_notes() -> list[dict[str, Any]]:
    """Notes that move in beside the demo clip, in order: `at` in ms, its text, who, and what."""
    return [
        {
            "at": at,
            "time": format_time(at),
            "name": name,
            "initials": initials(name),
            "tone": f"tone-{tone}",
            "body": body,
            "answer": name == "Calculator",
        }
        for at, tone, name, body in DEMO_NOTES
    ]
