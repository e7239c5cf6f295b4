"""Where tries are counted: one behaviour, kept by a database, a Redis, or this process's memory."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, TypeVar

from rumbl_core import attempts
from rumbl_core.attempts import Decide

T = TypeVar("T")


class Store(Protocol):
    """Keeps states by key, and forgets them when they expire."""

    def change(self, keys: Collection[bytes], decide: Decide[T]) -> T:
        """Decide about these keys while nobody else does, by the store's clock. Raises Unavailable."""


class Database:
    """The site's PostgreSQL: shared by all server processes, and it survives every restart."""

    def change(self, keys: Collection[bytes], decide: Decide[T]) -> T:
        """See Store."""
        return attempts.change(keys, decide)
