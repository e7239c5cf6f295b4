"""Computes an expression by recursive descent; the grammar is the one of Python's arithmetic.

    sum     = product (("+" | "-") product)*
    product = factor (("*" | "/" | "//" | "%") factor)*
    factor  = ("+" | "-") factor | power
    power   = atom ("**" factor)?
    atom    = number | constant | function "(" sum ("," sum)* ")" | "(" sum ")"

Work is bounded by the length of the text, the depth of nesting and the size of every number on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from info_sys.arithmetic import numbers
from info_sys.arithmetic.numbers import CONSTANTS, FUNCTIONS, Number, Refused, bounded
from info_sys.arithmetic.tokens import Token, tokenize

MAX_LENGTH: Final = 200
MAX_DEPTH: Final = 40
MAX_ARGUMENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The value, and how many operations it took: 0 means that the text is a number or constant itself."""

    value: Number
    operations: int
    constant: bool


def evaluate(text: str) -> Evaluated:
    """Compute `text`. Raises Refused when it is no expression, undefined, too long, deep or large."""
    if len(text) > MAX_LENGTH:
        raise Refused("too long")
    parser = _Parser(tokenize(text.lower()))
    try:
        value = parser.everything()
    except (ArithmeticError, ValueError, TypeError) as error:
        raise Refused(f"undefined: {error}") from None
    return Evaluated(value, parser.operations, parser.constants > 0)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self.operations = 0
        self.constants = 0

    def everything(self) -> Number:
        value = self._sum()
        if self._next().kind != "end":
            raise Refused("more than one expression")
        return value

    def _sum(self) -> Number:
        value = self._product()
        while operation := self._take(_SUMS):
            value = self._apply(operation, value, self._product())
        return value

    def _product(self) -> Number:
        value = self._factor()
        while operation := self._take(_PRODUCTS):
            value = self._apply(operation, value, self._factor())
        return value

    def _factor(self) -> Number:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused("too deep")
        if self._accept("-"):
            value = -self._factor()
        elif self._accept("+"):
            value = self._factor()
        else:
            value = self._power()
        self._depth -= 1
        return value

    def _power(self) -> Number:
        base = self._atom()
        return self._apply(numbers.power, base, self._factor()) if self._accept("**") else base

    def _atom(self) -> Number:
        token = self._next()
        if token.kind == "number":
            return bounded(Fraction(token.text))
        if token.kind == "name":
            return self._named(token.text)
        if token.text == "(":
            value = self._sum()
            self._expect(")")
            return value
        raise Refused(f"no number at {token.text!r}")

    def _named(self, name: str) -> Number:
        if name in CONSTANTS:
            self.constants += 1
            return CONSTANTS[name]
        function = FUNCTIONS.get(name)
        if function is None:
            raise Refused(f"unknown name {name!r}")
        self._expect("(")
        arguments = [self._sum()]
        while self._accept(",") and len(arguments) < MAX_ARGUMENTS:
            arguments.append(self._sum())
        self._expect(")")
        return self._apply(function, *arguments)

    def _apply(self, operation: Callable[..., Number], *operands: Number) -> Number:
        self.operations += 1
        return bounded(operation(*operands))

    def _next(self) -> Token:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _take(self, operations: dict[str, Callable[..., Number]]) -> Callable[..., Number] | None:
        token = self._tokens[self._place]
        operation = operations.get(token.text) if token.kind == "sign" else None
        if operation is not None:
            self._place += 1
        return operation

    def _accept(self, sign: str) -> bool:
        found = self._tokens[self._place] == Token("sign", sign)
        self._place += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise Refused(f"{sign!r} is missing")


_SUMS: Final[dict[str, Callable[..., Number]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
}
_PRODUCTS: Final[dict[str, Callable[..., Number]]] = {
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: Fraction(a // b),
    "%": lambda a, b: a % b,
}
