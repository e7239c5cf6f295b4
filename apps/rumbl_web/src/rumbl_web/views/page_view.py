"""The running example of the home page."""

from __future__ import annotations

from typing import Any, Final

from rumbl_web.views.time_view import format_time
from rumbl_web.views.user_view import initials

DEMO_NOTES: Final = (
    (1_000, 2, "Ana", "Here we go"),
    (4_000, 5, "Ben", "Watch the left edge"),
    (7_000, 2, "Ana", "There! Saw it?"),
    (10_000, 4, "Carla", "What is 60 * 24?"),
    (10_000, 7, "Calculator", "1440"),
    (14_000, 5, "Ben", "Best part"),
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
