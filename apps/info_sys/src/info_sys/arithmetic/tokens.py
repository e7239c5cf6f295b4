"""Cuts an expression into numbers, names and signs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from info_sys.arithmetic.numbers import Refused

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,3})?(?![\w.]))
    | (?P<name>[a-z_][a-z_0-9]*)
    | (?P<sign>\*\*|//|[-+*/%^(),])
    )""",
    re.VERBOSE,
)
# Multiplication sign, middle dot, division sign, minus sign, en dash.
_TYPED_SIGNS: Final = {
    0xD7: "*",
    0xB7: "*",
    0xF7: "/",
    0x2212: "-",
    0x2013: "-",
}
_SPACED_X: Final = re.compile(r"(?<=\d) x (?=\d)")


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an expression."""

    kind: Literal["number", "name", "sign", "end"]
    text: str


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, lower case, and an end mark. Raises Refused at the first thing that is none."""
    text = _SPACED_X.sub("*", text.translate(_TYPED_SIGNS).rstrip())
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Refused(f"not arithmetic: {text[place : place + 10]!r}")
        tokens.append(_token(match))
        place = match.end()
    return [*tokens, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    if number := match["number"]:
        if len(number) > 1 and number[0] == "0" and number[1].isdigit():
            raise Refused("a number with a leading zero is part of a date or a code")
        return Token("number", number)
    if name := match["name"]:
        return Token("name", name)
    return Token("sign", "**" if match["sign"] == "^" else match["sign"])
