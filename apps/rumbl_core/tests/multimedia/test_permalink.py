import pytest
from hypothesis import given
from hypothesis import strategies as st

from rumbl_core.multimedia import permalink


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Programming Elixir", "programming-elixir"),
        ("Hello World!", "hello-world-"),
        ("  lead and trail  ", "-lead-and-trail-"),
        ("C++ & Rust -- a_b", "c-rust----a_b"),
        ("José Valim's Talk", "josé-valim-s-talk"),
        ("日本語 タイトル", "日本語-タイトル"),
        ("!!!", "-"),
        ("a---b", "a---b"),
        ("emoji 🎉 x", "emoji-x"),
        ("Straße", "straße"),
        ("e\u0301a", "e-a"),
    ],
)
@pytest.mark.trap(19)
def test_slugs_are_the_book_s(title: str, slug: str) -> None:
    assert permalink.slugify(title) == slug


@given(st.text(max_size=255))
def test_every_slug_fits_its_column_and_is_words_and_hyphens(title: str) -> None:
    slug = permalink.slugify(title)
    assert len(slug) <= 255
    assert not any(letter in slug for letter in "/?#&%. \n")


@pytest.mark.parametrize(
    ("value", "id"),
    [
        ("1", 1),
        (1, 1),
        ("13-hello-world", 13),
        ("13-", 13),
        ("13abc", 13),
        ("007-bond", 7),
        ("+5-x", 5),
        ("1_000", 1),
        ("1.5", 1),
        (2**63 - 1, 2**63 - 1),
    ],
)
@pytest.mark.trap(21)
def test_the_leading_number_is_the_id(value: object, id: int) -> None:
    assert permalink.cast(value) == id


@pytest.mark.parametrize(
    "value",
    [
        "hello-world-13",
        "0",
        "0-x",
        "-5",
        " 13",
        "",
        "١٣",
        0,
        -3,
        2**63,
        str(2**63),
        "9" * 23 + "-x",
        None,
        True,
        [],
    ],
)
@pytest.mark.trap(21)
def test_what_is_no_id_is_none(value: object) -> None:
    assert permalink.cast(value) is None
