import random
from fractions import Fraction

import pytest

from info_sys.arithmetic.numbers import Refused
from info_sys.arithmetic.parser import evaluate


def test_operations_and_constants_are_counted():
    assert evaluate("(42)").operations == 0
    assert evaluate("-1").operations == 0
    assert evaluate("1 + 2 * sqrt(4)").operations == 3
    assert evaluate("pi").constant is True


def test_any_sum_gives_what_exact_arithmetic_gives():
    """Random sums, each computed twice: by the parser from its text, and exactly as it is made."""
    dice = random.Random(2)

    def make(depth):
        if depth == 0:
            number = dice.randrange(1, 99)
            return str(number), Fraction(number)
        (left, a), (right, b) = make(depth - 1), make(dice.randrange(depth))
        sign = dice.choice("+-*/")
        if sign == "/" and b == 0:
            sign = "+"
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else a}[sign]
        return f"({left} {sign} {right})", value

    for _ in range(300):
        text, value = make(3)
        assert evaluate(text).value == value, text


@pytest.mark.parametrize("text", ["", "1 +", "(1", "1)", "1 2", "f(1)", "1/0", "max(" + "1,(1)," * 20 + "1)"])
def test_the_rest_is_refused(text):
    with pytest.raises(Refused):
        evaluate(text)
