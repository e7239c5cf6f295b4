"""Numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from info_sys import numerals

AMOUNTS = st.integers(0, 10**12).map(lambda cents: cents / 100)


@given(AMOUNTS, AMOUNTS)
def test_amounts_are_read_as_they_are_written_in_english_and_in_german(one, other):
    english = f"{one:,.2f} + {other:,.2f}"
    german = numerals.show(english, comma=True)
    plain = f"{one:.2f} + {other:.2f}"
    assert numerals.read(english) == (plain, False)
    assert numerals.read(german) == (plain, True)
    assert numerals.show(german, comma=True) == english


@pytest.mark.parametrize(
    ("typed", "plain", "comma"),
    [
        ("2,5", "2.5", True),
        ("0,125", "0.125", True),
        ("1234,567", "1234.567", True),
        ("1.234.567", "1234567", True),
        ("1.234 + 0,5", "1234 + 0.5", True),
        ("1,234 + 0.5", "1234 + 0.5", False),
        ("1.234 + 1,234", "1.234 + 1234", False),
        ("\u0661\u066c\u0662\u0663\u0664\u066b\u0665", "1234.5", False),
        ("\u0661\u066b\u0662\u0663\u0664 + 1,5", "1.234 + 1.5", True),
        ("2,5e3", "2.5e3", True),
    ],
)
def test_what_a_number_shows_of_its_marks_holds_for_those_beside_it(typed, plain, comma):
    assert numerals.read(typed) == (plain, comma)


@pytest.mark.parametrize(
    "typed",
    ["1,23,4", "12.10.2024", "1,,5", "v2,5", "1,2,3", "192.168.100.128/25", "1" * 10_000 + ".1.1.1", ""],
)
def test_what_is_no_number_stays(typed):
    assert numerals.read(typed) == (typed, False)


def test_what_may_be_either_is_read_by_the_hint_unless_another_number_speaks_against_it():
    assert numerals.read("2.000 + 1", comma=True) == ("2000 + 1", True)
    assert numerals.read("2.000 + 1.5", comma=True) == ("2.000 + 1.5", False)
    assert numerals.read("1,234 + 1", comma=True) == ("1.234 + 1", True)
    assert numerals.read("3.141 * 2", comma=True) == ("3.141 * 2", False)
