import random
import string
import time

import pytest

from info_sys import Options, Result
from info_sys.backends.calculator import Calculator, calculate

ANSWERED = {
    "1 + 1": "2",
    "1+1": "2",
    "2*3=": "6",
    "what is 2^10?": "1024",
    "What's 10 / 4 ?": "2.5",
    "WHAT IS 1 + 1 ??": "2",
    "how much is 3 \u00d7 4": "12",
    "2 x 3": "6",
    "12 ÷ 5": "2.4",
    "1,000 + 1": "1001",
    "10 - 3 - 2": "5",
    "2 + 3 * 4": "14",
    "(2 + 3) * 4": "20",
    "-2**2": "-4",
    "2^3^2": "512",
    "2**-1": "0.5",
    "-7//2": "-4",
    "-7 % 3": "2",
    "0.1 + 0.2": "0.3",
    "1/3": "0.333333333333…",
    "2/3": "0.666666666666…",
    "1/3*3": "1",
    "1.50+1.50": "3",
    "1e3 * 2": "2000",
    ".5 * 2": "1",
    "2^64": "18446744073709551616",
    "123456789*987654321": "121932631112635269",
    "2^1000": "1.07150860719e+301",
    "10**50": "1e+50",
    "1/3000000000": "3.33333333333…e-10",
    "10^-9": "1e-9",
    "0^0": "1",
    "(-1)**99999999999": "-1",
    "sqrt(16)": "4",
    "sqrt(1/4)": "0.5",
    "sqrt(2)": "1.41421356237",
    "sin(pi)": "0",
    "2*pi": "6.28318530718",
    "what is pi?": "3.14159265359",
    "ln(e)": "1",
    "max(100,200, 3)": "200",
    "factorial(5)": "120",
    "round(2.6) + abs(-3)": "6",
    # In the other languages that the site speaks.
    "Was ist 2 + 2?": "4",
    "wie viel sind 12 \u00f7 5": "2,4",
    "Wieviel ergibt pi?": "3,14159265359",
    # Commas as the decimal mark, where they can't be anything else or whoever asks writes German.
    "2,5 + 1": "3,5",
    "1,00 + 1": "2",
    "(0,125 + 1) * 2": "2,25",
    "2.000,5 + 1": "2001,5",
    "2.000 + 1,5": "2001,5",
    "1.234.567 + 1": "1234568",
    "2.000 + 1": "3",
    "was ist 2.000 + 1?": "2001",
    "was ist 2.5 + 1?": "3.5",
    "2,5 + 2.5": "5",
    "(1,000 + 1) * 2": "2002",
    "max(2,5)*1": "5",
    "sqrt(2,25) + 1": "2,5",
    "was ist sqrt(2)?": "1,41421356237",
    "was ist max(1,5)/2?": "2,5",
    "was ist 3.141 * 2?": "6.282",
    "555-1,234": "-679",
    "berechne 7*8": "56",
    "rechne sqrt(16)": "4",
    "\u0645\u0627 \u0647\u0648 2 + 2\u061f": "4",  # "what is"
    "\u0643\u0645 \u064a\u0633\u0627\u0648\u064a \u0662 + \u0662 \u061f": "4",  # "how much does ... make"
    "\u0627\u062d\u0633\u0628 \u0663 \u00d7 \u0664": "12",  # "calculate"
    "\u0662\u066b\u0665 + \u0661": "3.5",
    "\u0661\u066c\u0660\u0660\u0660 + \u0661": "1001",
}

NOT_ANSWERED = [
    "", " ", "=", "?", "what is", "hello", "nice goal!", "I give it 5/5", "great goal in 2010!",
    "42", "-5", "+5", "(42)", "3.14", "1e5", "what is 42?", "pi", "e",
    "2024-01-02", "2024-1-2", "1/2/2024", "2024/1/2", "10:30", "1.2.3", "007 + 1", "555-1234",
    "030-555-1234", "+49 30 123456", "(555) 123-4567", "1 000 + 1", "1,00,5 + 1", "(1,2) + (3,4)",
    "what is 192.168.100.128/25?", "192.168.100.200 - 192.168.100.100",
    "1/0", "1//0", "1%0", "0**-1", "sqrt(-1)", "(-8)^0.5", "ln(0)", "factorial(2.5)", "tan()",
    "factorial(-1)", "1 +", "* 2", "(1 + 2", "1 + 2)", "max()", "max(1", "sqrt(1, 2)", "1 + 1 = 2", "5%",
    "1 2", "2(3)", "was ist", "was ist 42?", "\u0661\u066c\u0660 + \u0661", "\u0660\u0661 + \u0661",
    "__import__('os')", "().__class__", "1 if 1 else 2", "lambda: 1", "[1+1]", "a + 1", "0x10 + 1",
    "1_0 + 1", "1j*1", "²+1", "1 + 1; 2", "1\n+\n1\nx",
    "(" * 60 + "1 + 1" + ")" * 60, "-" * 60 + "1 + 1",
]  # fmt: skip

EXPENSIVE = [
    "9^9^9^9",
    "9**9**9",
    "(9^1000)^1000",
    "2**99999999999",
    "(1/3)**99999999",
    "factorial(factorial(10))",
    "factorial(400)*factorial(400)*factorial(400)",
    "exp(1000)",
    "1e999*1e999",
    "1e999**9",
    "(" * 99 + "1" + ")" * 99,
    "-" * 150 + "1 + 1",
    "2**" * 60 + "2",
    "sqrt(" * 30 + "2" + ")" * 30,
    "1+" * 500 + "1",
    "9" * 199 + "*9",
]


@pytest.mark.parametrize(("query", "answer"), ANSWERED.items())
def test_sums_are_answered(query, answer):
    assert calculate(query) == answer


@pytest.mark.parametrize("query", NOT_ANSWERED)
def test_what_is_no_sum_is_not_answered(query):
    assert calculate(query) is None


@pytest.mark.parametrize("query", EXPENSIVE)
def test_expensive_sums_are_refused_or_done_at_once(query):
    begin = time.thread_time()
    answer = calculate(query)
    assert time.thread_time() - begin < 0.05
    assert answer is None or len(answer) < 60


def test_any_text_is_taken_quickly_and_without_an_error():
    alphabet = string.digits * 3 + "+-*/%^(),. =?xe" * 3 + "sqrtpimaxlog" + "\n\x00\u00e9\u00d7\u00b2\u0663"
    dice = random.Random(1)  # the same texts in every run
    for _ in range(3000):
        query = "".join(dice.choices(alphabet, k=dice.randrange(60)))
        answer = calculate(query)
        assert answer is None or 0 < len(answer) < 60


def test_a_result_says_who_and_how_sure():
    calculator = Calculator()
    assert calculator.compute("1 + 1", Options()) == [Result(90, "2", calculator, None)]
    assert calculator.compute("hello", Options()) == []


@pytest.mark.parametrize(
    ("query", "matches"), [("1 + 1", True), ("what is e?", True), ("hello there", False), ("1" * 201, False)]
)
def test_only_short_texts_with_a_number_are_worth_a_try(query, matches):
    assert Calculator().matches(query) is matches
