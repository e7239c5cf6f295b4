"""Units: "3 miles in km", "convert 72 °F to °C", "how many feet are in a mile?", without a network (pint)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from info_sys import numerals
from info_sys.backend import Backend, Options
from info_sys.result import Result

if TYPE_CHECKING:
    import pint

SCORE: Final = 92
MAX_LENGTH: Final = 80
DIGITS: Final = 6

_NUMBER: Final = r"[+-]?\d{1,15}(?:\.\d{1,15})?(?:e[+-]?\d{1,2})?"
# Letters only: no powers and no brackets, so that no unit is an expression with a size of its own.
_UNIT: Final = r"[a-zµΩ°]{1,20}(?:(?:\s*/\s*|\s+per\s+|\s+)[a-zµΩ°]{1,20}){0,2}"
_CONVERT: Final = re.compile(
    rf"(?:convert\s+|what\s+is\s+|what's\s+|how\s+much\s+is\s+)?(?P<n>{_NUMBER}|an?|one)\s*(?P<from>{_UNIT}?)"
    rf"\s+(?:in|to|into|as)\s+(?P<to>{_UNIT})\s*[?=]?",
    re.IGNORECASE,
)
_HOW_MANY: Final = re.compile(
    rf"how\s+many\s+(?P<to>{_UNIT}?)\s+(?:are\s+|is\s+)?(?:there\s+)?(?:in|make)\s+(?P<n>{_NUMBER}|an?|one)"
    rf"\s*(?P<from>{_UNIT})\s*\??",
    re.IGNORECASE,
)
_SIGNS: Final = {
    "°c": "degC",
    "°f": "degF",
    "c": "degC",
    "f": "degF",
    "celsius": "degC",
    "fahrenheit": "degF",
}


class Units(Backend):
    """Converts between units of one kind."""

    name = "units"
    title = "Units"
    about = "conversions between units"
    kinds = ("unit",)
    bangs = ("unit", "convert")

    def matches(self, query: str) -> bool:
        """The form alone; whether the words are units is seen later."""
        return len(query) <= MAX_LENGTH and _read(numerals.read(query).text) is not None

    def compute(self, query: str, opts: Options) -> list[Result]:
        """One result, or none for words that are no units or units of different kinds."""
        typed = numerals.read(query)
        found = _read(typed.text)
        if found is None:
            return []
        text = convert(_number(found["n"]), found["from"], found["to"])
        return [] if text is None else [Result(SCORE, numerals.show(text, comma=typed.comma), self)]


def convert(amount: float, from_unit: str, to_unit: str) -> str | None:
    """The amount in the other unit, as a sentence in the words of who asks; None if that makes no sense.

    >>> convert(3, "miles", "km")
    '3 miles = 4.82803 km'
    """
    registry = _registry()
    try:
        # A bare name: `_SIGNS` has the words that pint takes for something else (c is the speed of light).
        source, target = _unit(registry, from_unit), _unit(registry, to_unit)
        result = registry.Quantity(amount, source).to(target)
    except (_errors(), ValueError, OverflowError, AttributeError):
        return None
    return f"{amount:g} {from_unit.strip()} = {result.magnitude:.{DIGITS}g} {to_unit.strip()}"


def _read(query: str) -> re.Match[str] | None:
    text = query.strip()
    return _CONVERT.fullmatch(text) or _HOW_MANY.fullmatch(text)


def _number(word: str) -> float:
    return 1.0 if word[0].isalpha() else float(word)


def _unit(registry: pint.UnitRegistry[Any], words: str) -> Any:
    text = re.sub(r"\s+per\s+", "/", words.strip(), flags=re.IGNORECASE)
    text = re.sub(r"(?<=[^\s/])\s+(?=[^\s/])", "_", text)
    return registry.parse_units(_SIGNS.get(text.lower(), text), case_sensitive=None)


@cache
def _registry() -> pint.UnitRegistry[Any]:
    """Made when first needed: it reads some thousand definitions."""
    import pint

    return pint.UnitRegistry(cache_folder=None, on_redefinition="ignore")


@cache
def _errors() -> type[Exception]:
    import pint

    return pint.PintError
