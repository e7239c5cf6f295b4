"""The calculator: answers sums by itself, without network or key. What is no sum gets no answer.

1 + 1           2*3=            what is 2^10?       sqrt(2) * 10
"""

from __future__ import annotations

import re
from typing import Final

from info_sys import numerals
from info_sys.arithmetic import Refused, evaluate, show
from info_sys.arithmetic.parser import MAX_LENGTH
from info_sys.backend import Backend, Options
from info_sys.question import RECKONABLE
from info_sys.result import Result

# Just under Wolfram's 95: where both answer, the one with a page behind it comes first.
SCORE: Final = 90

_ASKING: Final = re.compile(
    r"(?:what\s+is|what'?s|how\s+much\s+is|calculate|compute|calc"
    r"|(?P<german>(?:was|wie\s?viel)\s+(?:ist|sind|ergibt|macht)|(?:be)?rechne)"
    r"|\u0645\u0627\s+(?:\u0647\u0648|\u0647\u064a|\u0646\u0627\u062a\u062c)|\u0643\u0645(?:\s+\u064a\u0633\u0627\u0648\u064a)?|\u0627\u062d\u0633\u0628)\s+",
    re.IGNORECASE,
)
"""English, German and Arabic: "what is (he, she, the result of)", "how much (makes)", "calculate"."""
_COMMAS_PART: Final = re.compile(r"\b(?:max|min)\s{0,3}\(|(?<![a-z0-9])\(\d+,\d+\)", re.IGNORECASE)
"""Where commas part arguments, or pairs such as (1,2), and are no decimal marks."""
# 2024-1-2, 1/2/2024, 555-1234, 030-555-1234: written like a sum, meant as a date or a telephone number.
_NO_SUM: Final = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{4}|\d{1,2}/\d{1,2}/\d{2,4}|\d{4}/\d{1,2}/\d{1,2}"
    r"|\d{2,4}(?:-\d{3,4})*-\d{3,}(?:-\d{3,})*"
)


class Calculator(Backend):
    """A backend with `+ - * / // % ^` and brackets, the usual functions, pi and e; exact where it can be."""

    name = "calculator"
    title = "Calculator"
    about = "sums, exact where they can be"
    kinds = ("sum",)
    bangs = ("calc",)

    def matches(self, query: str) -> bool:
        """Short, and with a digit or a constant in it."""
        return len(query) <= MAX_LENGTH and RECKONABLE.search(query) is not None

    def compute(self, query: str, opts: Options) -> list[Result]:
        """One result, or none. Bounded in time by the limits of `arithmetic`; never raises."""
        answer = calculate(query)
        return [] if answer is None else [Result(SCORE, answer, self)]


def calculate(query: str) -> str | None:
    """The value of the sum in `query`, as text; None when there is no sum to compute."""
    if len(query) > MAX_LENGTH:
        return None
    text, asked, german = _strip(query)
    if not asked and _NO_SUM.fullmatch(text):
        return None
    parted = _COMMAS_PART.search(text) is not None
    typed = numerals.Typed(numerals.latin(text), german) if parted else numerals.read(text, comma=german)
    try:
        result = evaluate(typed.text)
        if result.operations or (asked and result.constant):
            return numerals.show(show(result.value), comma=typed.comma)
    except Refused:
        pass
    return None


def _strip(query: str) -> tuple[str, bool, bool]:
    """The bare expression, whether words or signs around it ask for its value, and whether German ones do."""
    text = query.strip()
    bare = text.rstrip("?\u061f=! \t\n").strip()
    asked = _ASKING.match(bare)
    german = asked is not None and asked["german"] is not None
    return (bare[asked.end() :] if asked else bare), asked is not None or "=" in text[len(bare) :], german
