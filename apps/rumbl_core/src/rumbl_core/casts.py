"""Casts of outside values to the types of fields: a value of that type, or `INVALID`. They never raise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import regex  # type: ignore[import-untyped]  # it ships no types

MAX_ID: Final = 2**63 - 1
"""Largest bigint of PostgreSQL."""


class _Invalid:
    """Type of `INVALID`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = _Invalid()
Cast: TypeAlias = Callable[[object], object]

# PostgreSQL stores neither NUL nor lone surrogates in text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_GRAPHEME = regex.compile(r"\X")
# Format characters and those that Unicode says to draw as nothing (UAX 44): zero-width spaces, fillers, ...
_UNSEEN = r"\p{Cf}\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}"
_BLANK = regex.compile(rf"[\s{_UNSEEN}]*")
# Inside an emoji, joiners and the selector of the emoji style change what is seen (UTS 51).
_INVISIBLE = regex.compile(
    r"(?<=\p{Extended_Pictographic}[\p{Emoji_Modifier}\ufe0f]?)\u200d(?=\p{Extended_Pictographic})"
    r"|(?<=\p{Extended_Pictographic})\ufe0f"
    rf"|(?P<invisible>[{_UNSEEN}])"
)


def text(value: object) -> object:
    """Any text that PostgreSQL can store."""
    return value if isinstance(value, str) and not _UNSTORABLE.search(value) else INVALID


def line(value: object) -> object:
    """Text of one line: no control characters."""
    return value if isinstance(value, str) and not _CONTROL.search(value) else INVALID


def integer(value: object) -> object:
    """A whole number in the range of bigint, as int or as decimal digits. True and 1.0 are none."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return INVALID
    return value if -MAX_ID <= value <= MAX_ID else INVALID


def boolean(value: object) -> object:
    """True or false, as such or as a form says it."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value, INVALID) if isinstance(value, str) else INVALID


def cast_id(value: object) -> int | None:
    """A primary key from outside: an int or its ASCII digits, from 1 to the largest bigint; else None."""
    if not isinstance(value, bool | int | str):
        return None
    number = integer(value)
    return number if isinstance(number, int) and number > 0 else None


def blank(value: str) -> bool:
    """Whether a reader sees nothing at all."""
    return not value.strip() or _BLANK.fullmatch(value) is not None


def has_invisible(value: str) -> bool:
    """Whether there are characters in it that nobody can see; those that hold an emoji together don't count.

    >>> has_invisible("e\u200bva"), has_invisible("\U0001f469\u200d\U0001f680")
    (True, False)
    """
    return any(found["invisible"] for found in _INVISIBLE.finditer(value))


def graphemes(value: str) -> int:
    """How many characters a reader sees: Unicode grapheme clusters (UAX 29)."""
    return len(value) if value.isascii() and "\r" not in value else sum(1 for _ in _GRAPHEME.finditer(value))
