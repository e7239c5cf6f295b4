"""The numbers of the calculator: exact fractions while possible, floats after a root or a sine; all bounded.

Every function here raises Refused instead of computing something huge, undefined or complex.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal, Inexact, localcontext
from fractions import Fraction
from typing import Final

Number = Fraction | float

MAX_BITS: Final = 4096
MAX_EXACT_DIGITS: Final = 50
_SHOWN_DIGITS: Final = 12
_TERMINATING_DIGITS: Final = 15
# Below this a float is the rounding of a zero, as in sin(pi).
_FLOAT_ZERO: Final = 1e-15


class Refused(Exception):
    """Not an expression, or one that is not worth computing."""


def bounded(value: Number) -> Number:
    """`value`, if it is finite and its fraction fits into MAX_BITS."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Refused("not a finite number")
        return 0.0 if abs(value) < _FLOAT_ZERO else value
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise Refused("too large")
    return value


def power(base: Number, exponent: Number) -> Number:
    """`base ** exponent`, judged by size before it is computed."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(base) not in (0, 1) and (size - 1) * abs(exponent.numerator) > MAX_BITS:
            raise Refused("too large")
        if abs(base) == 1:
            return base if exponent.numerator % 2 else Fraction(1)
        return Fraction(base ** int(exponent))
    return math.pow(base, exponent)


def root(value: Number) -> Number:
    """The square root, exact where it is a fraction."""
    if isinstance(value, Fraction) and value >= 0:
        above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if above**2 == value.numerator and below**2 == value.denominator:
            return Fraction(above, below)
    return math.sqrt(value)


def _rounded(to: Callable[[Number], int]) -> Callable[[Number], Number]:
    return lambda value: Fraction(to(value))


def _factorial(value: Number) -> Number:
    if value != int(value) or not 0 <= value <= 400:
        raise Refused("no factorial of that")
    return Fraction(math.factorial(int(value)))


CONSTANTS: Final[dict[str, Number]] = {"pi": math.pi, "e": math.e, "tau": math.tau}

FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {
    "abs": abs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "ceil": _rounded(math.ceil),
    "cos": math.cos,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": _rounded(math.floor),
    "ln": math.log,
    "log": math.log10,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": _rounded(round),
    "sin": math.sin,
    "sqrt": root,
    "tan": math.tan,
}


def show(value: Number) -> str:
    """The number as a person would write it; "…" says that the digits go on."""
    if isinstance(value, float):
        return f"{value:.{_SHOWN_DIGITS}g}"
    if value.denominator == 1:
        digits = str(value.numerator)
        return digits if len(digits.lstrip("-")) <= MAX_EXACT_DIGITS else _scientific(value)
    with localcontext(Context(prec=_TERMINATING_DIGITS)) as context:
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        goes_on = bool(context.flags[Inexact])
    if not goes_on:
        return _plain(exact)
    with localcontext(Context(prec=_SHOWN_DIGITS, rounding=ROUND_DOWN)):
        return _plain(Decimal(value.numerator) / Decimal(value.denominator), "…")


def _plain(value: Decimal, more: str = "") -> str:
    if -7 < value.adjusted() < _TERMINATING_DIGITS:
        return f"{value:f}{more}"
    digits, _, exponent = f"{value.normalize():e}".partition("e")
    return f"{digits}{more}e{exponent}"


def _scientific(value: Fraction) -> str:
    with localcontext(Context(prec=_SHOWN_DIGITS)):
        return _plain(+Decimal(value.numerator))
