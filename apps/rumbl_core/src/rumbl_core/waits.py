"""What a thread says around its waits for somebody else: the database, a connection to it, a quiet thread.

Nothing, unless the site that we are a part of wants to know: it gives `application.start` something.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

Around = Callable[[], AbstractContextManager[None]]

SILENT: Final[Around] = nullcontext
_around: Around = SILENT


def configure(around: Around) -> None:
    """Say this from now on."""
    global _around  # noqa: PLW0603 - the one process-wide choice of this module
    _around = around


def waiting() -> AbstractContextManager[None]:
    """Around a wait."""
    return _around()
