"""Numbers as people type them: 1,234.5 or 1.234,5, in Latin or Arabic digits. Pure.

A lone 1.234 or 1,234 may be either. It is read as the other numbers beside it are; else the English way: a
decimal point, and a comma for thousands.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Typed(NamedTuple):
    """A text whose numbers are as Python writes them, and whether the answer is to have a decimal comma."""

    text: str
    comma: bool


def read(typed: str, *, comma: bool = False) -> Typed:
    """Make numbers plain. `comma` says that whoever typed them is used to a decimal comma.

    Then 2.000 means thousands where the other numbers leave it open; 3.141 does not, it has no round end.

    >>> read("1,234.5 + 2"), read("1.234,5 + 2")
    (Typed(text='1234.5 + 2', comma=False), Typed(text='1234.5 + 2', comma=True))
    >>> read("2.000 + 1"), read("2.000 + 1,5")
    (Typed(text='2.000 + 1', comma=False), Typed(text='2000 + 1.5', comma=True))
    """
    text = latin(typed)
    numbers = [number for number in _NUMBER.findall(text) if not _is_address(number)]
    commas = any(map(_BY_COMMA, numbers))
    points = _ARABIC_MARK in typed or any(map(_BY_POINT, numbers))
    points = points or (not commas and any(map(_UNROUND, numbers)))
    by_comma = (commas or comma) and not points

    def plain(match: re.Match[str]) -> str:
        number = match[0]
        if _is_address(number):
            return number
        if by_comma or _BY_COMMA(number):
            return number.replace(".", "").replace(",", ".") if _COMMA_STYLE(number) else number
        return number.replace(",", "") if _POINT_STYLE(number) else number

    return Typed(_NUMBER.sub(plain, text), commas or by_comma)


def latin(text: str) -> str:
    """The text with Latin digits and points for Arabic and Persian ones, without their marks of thousands."""
    return _ARABIC_THOUSANDS.sub(lambda match: match[0].replace("\u066c", ""), text.translate(_ARABIC))


def show(text: str, *, comma: bool) -> str:
    """An answer with the marks of whoever asked.

    >>> show("1,234.5", comma=True)
    '1.234,5'
    """
    return text.translate(_SWAPPED) if comma else text


_ARABIC_MARK: Final = "\u066b"
# Digits of Arabic and of Persian, and the Arabic decimal mark.
_ARABIC: Final = {
    **{zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
    ord(_ARABIC_MARK): ".",
}
_ARABIC_THOUSANDS: Final = re.compile("(?<!\\d)\\d{1,3}(?:\u066c\\d{3})+(?!\\d)")
_SWAPPED: Final = str.maketrans(".,", ",.")
_NUMBER: Final = re.compile(r"(?<![\w.,])\d(?:[\d.,]*\d)?")
_POINT_STYLE: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?").fullmatch
_COMMA_STYLE: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d+").fullmatch
_UNROUND: Final = re.compile(r"\d{1,3}\.\d\d[1-9]").fullmatch
# Both marks, thousands twice, or behind a lone mark what can't be thousands.
_SURE: Final = (
    r"\d{{1,3}}(?:{0}\d{{3}})+{1}\d+|\d{{1,3}}(?:{0}\d{{3}}){{2,}}"
    r"|(?:0|\d{{4,}}){1}\d+|\d{{1,3}}{1}(?:\d{{1,2}}|\d{{4,}})"
)
_BY_POINT: Final = re.compile(_SURE.format(",", r"\.")).fullmatch
_BY_COMMA: Final = re.compile(_SURE.format(r"\.", ",")).fullmatch


def _is_address(number: str) -> bool:
    """192.168.100.128 is no number."""
    groups = number.split(".")
    return len(groups) == 4 and all(
        len(group) < 4 and group.isdigit() and int(group) < 256 for group in groups
    )
