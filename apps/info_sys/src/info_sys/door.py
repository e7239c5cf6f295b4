"""The names that stand at the door of info_sys, each loaded when it is asked for.

Who wants `info_sys.otp` alone, as the channels do, waits for no HTTP client and no Redis.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_PLACES: Final = {
    "Answer": "system",
    "Backend": "backend",
    "Options": "backend",
    "Outcome": "system",
    "Result": "result",
    "ask": "system",
    "asks": "system",
    "compute": "system",
    "licence": "backends",
    "stream": "system",
}


def load(name: str) -> Any:
    """Give what has this name. Raises AttributeError."""
    if name not in _PLACES:
        raise AttributeError(f"module 'info_sys' has no attribute {name!r}")
    return getattr(import_module(f"info_sys.{_PLACES[name]}"), name)


def names() -> list[str]:
    """All of them, for the console, which completes names."""
    return sorted(_PLACES)
