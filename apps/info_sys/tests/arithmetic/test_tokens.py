import pytest

from info_sys.arithmetic.numbers import Refused
from info_sys.arithmetic.tokens import tokenize


def words(text):
    return [f"{token.kind}:{token.text}" for token in tokenize(text)]


def test_numbers_names_and_signs_are_told_apart():
    assert words("2*pi //(1.5e3)") == [
        "number:2", "sign:*", "name:pi", "sign://", "sign:(", "number:1.5e3", "sign:)", "end:",
    ]  # fmt: skip


def test_a_caret_is_a_power_and_typed_signs_are_signs():
    assert words("2^3 \u00d7 4 \u2212 1") == words("2**3 * 4 - 1")


def test_commas_part_arguments():
    assert words("max(1,200)")[2:5] == ["number:1", "sign:,", "number:200"]


@pytest.mark.parametrize("text", ["1:2", "$5", "01", "1.2.3", "12ab", "1_000"])
def test_anything_else_is_refused(text):
    with pytest.raises(Refused):
        tokenize(text)
