"""The answer of every function that may refuse: `Ok(value)` or `Error(reason)`, taken apart with `match`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """It worked: here is the value."""

    value: T


@dataclass(frozen=True, slots=True)
class Error(Generic[E]):
    """It was refused: here is why, often a changeset."""

    reason: E


Result: TypeAlias = Ok[T] | Error[E]
