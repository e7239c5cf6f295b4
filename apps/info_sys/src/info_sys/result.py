"""One answer to a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from info_sys.backend import Backend


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: `score` from 0 to 100, the `text`, who gave it and, if any, the page it came from."""

    score: float = 0
    text: str | None = None
    backend: Backend | None = None
    url: str | None = None
