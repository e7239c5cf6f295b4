"""Which pages compute for long, as they did lately: they have slots of their own.

A short page that had to wait for long ones would be late by all that they compute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rumbl_web.slots import Slots

LONG_S: Final = 0.01
"""CPU time of its thread from which on a page is long; those of rumbl take 1 to 3 ms."""
MOST: Final = 500
"""Long pages that are remembered; more are treated as short ones."""
_WEIGHT: Final = 0.25
_SEGMENTS: Final = 4


class PageCosts:
    """Lets pages compute: two short ones and two long ones at a time."""

    def __init__(self) -> None:
        self.short, self.long = Slots(), Slots()
        self._took_s: dict[str, float] = {}

    @contextmanager
    def computing(self, path: str) -> Iterator[None]:
        """Around the making of the page at `path`."""
        page = shape(path)
        with self.long.taken() if self.is_long(page) else self.short.taken():
            began = time.thread_time()
            try:
                yield
            finally:
                self._note(page, time.thread_time() - began)

    def is_long(self, page: str) -> bool:
        """Whether the page of this shape took long lately."""
        return self._took_s.get(page, 0.0) > LONG_S

    def _note(self, page: str, took_s: float) -> None:
        before = self._took_s.get(page)
        average = took_s if before is None else before + _WEIGHT * (took_s - before)
        if average <= LONG_S:
            self._took_s.pop(page, None)
        elif before is not None or len(self._took_s) < MOST:
            self._took_s[page] = average


def shape(path: str) -> str:
    """What pages of one kind have in common: "/watch/*" for "/watch/7-a-video"."""
    segments = path.split("/", _SEGMENTS + 1)[: _SEGMENTS + 1]
    return "/".join("*" if any(map(str.isdigit, segment)) else segment[:40] for segment in segments)
