"""Currencies: "100 USD in EUR", by a table of rates with a date, which the site can replace.

The table that comes along has reference rates of the European Central Bank; they are old, and every answer
says how old. `INFO_SYS_RATES` names a JSON file of one's own: {"date": "2026-01-31", "base": "EUR",
"rates": {"USD": 1.08}}, where a rate is how much of the currency one of the base is worth.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self

from info_sys import numerals
from info_sys.backend import Backend, Context, Options
from info_sys.result import Result

log = logging.getLogger(__name__)

SCORE: Final = 88
MAX_LENGTH: Final = 80
FILE: Final = "INFO_SYS_RATES"
MAX_FILE: Final = 100_000

_WORDS: Final = {
    "dollar": "USD", "dollars": "USD", "$": "USD", "euro": "EUR", "euros": "EUR", "€": "EUR", "pound": "GBP",
    "pounds": "GBP", "£": "GBP", "yen": "JPY", "¥": "JPY", "franc": "CHF", "francs": "CHF", "yuan": "CNY",
    "rupee": "INR", "rupees": "INR", "₹": "INR",
}  # fmt: skip
_SIGN: Final = r"[$€£¥₹]"
_ASKING: Final = re.compile(
    rf"(?:convert\s+|what\s+is\s+|what's\s+|how\s+much\s+is\s+)?(?P<sign>{_SIGN})?\s*(?P<n>\d{{1,15}}(?:\.\d{{1,6}})?|an?|one)"
    rf"\s*(?P<from>[a-z]{{3,7}}|{_SIGN})?\s+(?:in|to|into|as)\s+(?P<to>[a-z]{{3,7}}|{_SIGN})\s*[?=]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rates:
    """How much of each currency one unit of the base is worth on a day."""

    day: date
    rates: Mapping[str, float]

    @classmethod
    def read(cls, text: str) -> Self:
        """From the JSON of a table. Raises ValueError that says what is wrong."""
        table: Any = json.loads(text)
        try:
            rates = {table["base"]: 1.0} | {code: float(rate) for code, rate in table["rates"].items()}
            day = date.fromisoformat(table["date"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"a table needs date, base and rates: {error}") from None
        if not all(math.isfinite(rate) and rate > 0 for rate in rates.values()):
            raise ValueError("a rate must be a number above 0")
        return cls(day, rates)


class Currency(Backend):
    """Converts by `rates`."""

    name = "currency"
    title = "Currency"
    about = "conversions between currencies, by a dated table"
    kinds = ("currency",)
    bangs = ("money",)

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    @classmethod
    def create(cls, context: Context) -> Self | None:
        """With the site's own table, if it has one that can be read, else with ours."""
        path = context.environment.get(FILE)
        if path:
            try:
                return cls(Rates.read(_file(path)))
            except (OSError, ValueError) as error:
                log.warning(
                    "%s: %s can't be read (%s): the table that comes along is used", FILE, path, error
                )
        return cls(Rates.read((resources.files("info_sys") / "fixtures" / "rates.json").read_text()))

    def matches(self, query: str) -> bool:
        """An amount of one currency in another."""
        return self._read(query) is not None

    def compute(self, query: str, opts: Options) -> list[Result]:
        """One result that says of when it is."""
        found = self._read(query)
        if found is None:
            return []
        amount, source, target, comma = found
        value = amount / self._rates.rates[source] * self._rates.rates[target]
        text = f"{amount:,.2f} {source} = {value:,.2f} {target}"
        return [Result(SCORE, f"{numerals.show(text, comma=comma)} (rates of {self._rates.day})", self)]

    def _read(self, query: str) -> tuple[float, str, str, bool] | None:
        if len(query) > MAX_LENGTH:
            return None
        typed = numerals.read(query)
        found = _ASKING.fullmatch(typed.text.strip())
        if found is None:
            return None
        source, target = self._code(found["sign"] or found["from"]), self._code(found["to"])
        if source is None or target is None:
            return None
        return (1.0 if found["n"][0].isalpha() else float(found["n"])), source, target, typed.comma

    def _code(self, word: str | None) -> str | None:
        code = _WORDS.get((word or "").lower(), (word or "").upper())
        return code if code in self._rates.rates else None


def _file(path: str) -> str:
    with Path(path).open(encoding="utf-8") as file:
        text = file.read(MAX_FILE + 1)
    if len(text) > MAX_FILE:
        raise ValueError(f"more than {MAX_FILE} characters")
    return text
