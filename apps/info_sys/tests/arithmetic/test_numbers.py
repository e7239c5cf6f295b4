import math
from fractions import Fraction

import pytest

from info_sys.arithmetic.numbers import MAX_BITS, Refused, bounded, power, root, show


def test_large_and_endless_numbers_are_refused():
    assert bounded(Fraction(2**MAX_BITS - 1)) == 2**MAX_BITS - 1
    for value in (Fraction(2**MAX_BITS), Fraction(1, 2**MAX_BITS), math.inf, math.nan):
        with pytest.raises(Refused):
            bounded(value)


def test_a_power_is_judged_before_it_is_computed():
    with pytest.raises(Refused):
        power(Fraction(3), Fraction(10**12))
    assert power(Fraction(-1), Fraction(10**12)) == 1
    assert power(Fraction(0), Fraction(10**12)) == 0


def test_roots_stay_exact_where_they_can():
    assert root(Fraction(9, 16)) == Fraction(3, 4)
    assert isinstance(root(Fraction(2)), float)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3, 10), "0.3"),
        (Fraction(1, 3), "0.333333333333…"),
        (Fraction(-2, 3), "-0.666666666666…"),
        (Fraction(123456789012345, 10), "12345678901234.5"),
        (Fraction(10**49), "1" + "0" * 49),
        (Fraction(10**50), "1e+50"),
        (1e-20, "1e-20"),
        (2.0, "2"),
    ],
)
def test_numbers_are_shown_as_people_write_them(value, text):
    assert show(value) == text
