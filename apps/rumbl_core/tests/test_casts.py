import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rumbl_core import casts
from rumbl_core.casts import INVALID


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        (7, 7),
        (str(2**63 - 1), 2**63 - 1),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_an_integer_is_an_int_or_its_digits(value: object, number: int) -> None:
    assert casts.integer(value) == number


@pytest.mark.parametrize(
    "value", ["", "x", "1.0", "1_000", " 7", "\u0667", 1.0, True, None, 2**63, "9" * 20, []]
)
def test_everything_else_is_no_integer(value: object) -> None:
    assert casts.integer(value) is INVALID


@given(st.one_of(st.integers(), st.text(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_an_id_is_in_the_range_of_bigint_or_none(value: object) -> None:
    id = casts.cast_id(value)
    assert id is None or 0 < id <= casts.MAX_ID


@given(st.text(alphabet=st.characters(codec=None)))
@example("a\x00b")
@example("a\ud800b")
def test_text_that_is_taken_can_be_stored(value: str) -> None:
    storable = "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    assert (casts.text(value) is not INVALID) is storable


@pytest.mark.parametrize("letter", ["\x00", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"])
def test_a_line_has_no_control_characters(letter: str) -> None:
    assert casts.line(f"a{letter}b") is INVALID
    assert casts.line("José 日本 🎉") == "José 日本 🎉"


@pytest.mark.parametrize(("text", "count"), [("", 0), ("abc", 3), ("a\r\nb", 3), ("é", 1), ("👩‍👩‍👧", 1)])
def test_graphemes_are_what_a_reader_sees(text: str, count: int) -> None:
    assert casts.graphemes(text) == count
