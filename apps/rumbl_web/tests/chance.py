"""How many examples a test takes that needs more or fewer than usual; the usual is in the root conftest."""

from __future__ import annotations

from typing import Any

from hypothesis import settings


def times(part: float, **more: Any) -> settings:
    """The settings of a test that takes `part` of the usual number of examples."""
    return settings(max_examples=max(1, round(settings().max_examples * part)), **more)
