"""Numbers as people type them: 1,234.5 or 1.234,5, in Latin or Arabic digits. Pure.

1.234 may be either. It is read as the other numbers beside it are; alone, its point is the decimal one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Typed(NamedTuple):
    """A text whose numbers are as Python writes them, and whether a comma was the decimal mark."""

    text: str
    comma: bool


def read(typed: str, *, comma: bool = False) -> Typed:
    """Make numbers plain; with `comma`, those that may be either have a decimal comma.

    >>> read("1,234.5 + 2"), read("1.234,5 + 2")
    (Typed(text='1234.5 + 2', comma=False), Typed(text='1234.5 + 2', comma=True))
    >>> read("2.000 + 1"), read("2.000 + 1,5")
    (Typed(text='2.000 + 1', comma=False), Typed(text='2000 + 1.5', comma=True))
    """
    text = latin(typed)
    numbers = _NUMBER.findall(text)
    commas, points = (any(map(sure, numbers)) for sure in (_BY_COMMA, _BY_POINT))
    either = (comma or commas) and not points

    def plain(match: re.Match[str]) -> str:
        number = match[0]
        if _BY_COMMA(number) or (either and not _BY_POINT(number)):
            return number.replace(".", "").replace(",", ".") if _COMMA_STYLE(number) else number
        return number.replace(",", "") if _POINT_STYLE(number) else number

    return Typed(_NUMBER.sub(plain, text), commas or either)


def latin(text: str) -> str:
    """The text with Latin digits and points for Arabic and Persian ones, without their marks of thousands."""
    return _ARABIC_THOUSANDS.sub(lambda match: match[0].replace("\u066c", ""), text.translate(_ARABIC))


def show(text: str, *, comma: bool) -> str:
    """An answer with the marks of whoever asked.

    >>> show("1,234.5", comma=True)
    '1.234,5'
    """
    return text.translate(_SWAPPED) if comma else text


# Digits of Arabic and of Persian, and the Arabic decimal mark.
_ARABIC: Final = {
    **{zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
    0x66B: ".",
}
_ARABIC_THOUSANDS: Final = re.compile("(?<!\\d)\\d{1,3}(?:\u066c\\d{3})+(?!\\d)")
_SWAPPED: Final = str.maketrans(".,", ",.")
_NUMBER: Final = re.compile(r"(?<![\w.,])\d(?:[\d.,]*\d)?")
_POINT_STYLE: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?").fullmatch
_COMMA_STYLE: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d+").fullmatch
# Both marks, thousands twice, or behind a lone mark what can't be thousands.
_SURE: Final = (
    r"\d{{1,3}}(?:{0}\d{{3}})+{1}\d+|\d{{1,3}}(?:{0}\d{{3}}){{2,}}"
    r"|(?:0|\d{{4,}}){1}\d+|\d{{1,3}}{1}(?:\d{{1,2}}|\d{{4,}})"
)
_BY_POINT: Final = re.compile(_SURE.format(",", r"\.")).fullmatch
_BY_COMMA: Final = re.compile(_SURE.format(r"\.", ",")).fullmatch
