"""Moments of a video as text."""

from __future__ import annotations


def format_time(at_ms: int) -> str:
    """`at_ms` as M:SS, past an hour as H:MM:SS: 7000 is "0:07", 3723000 is "1:02:03"."""
    minutes, seconds = divmod(max(at_ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
