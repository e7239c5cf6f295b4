import json

from flask import Flask

from rumbl_web import gettext
from rumbl_web.views import words_view


def test_english_pages_carry_no_words(app: Flask) -> None:
    with app.test_request_context("/"):
        assert words_view.script_words() == "{}"


def test_a_page_carries_the_words_of_its_language_with_every_plural_form(app: Flask) -> None:
    for code, forms in {"de": 2, "ar": 6}.items():
        with app.test_request_context("/", headers={"accept-language": code}):
            words = json.loads(words_view.script_words())
        assert words["Reload"] not in {"", "Reload"}
        assert len(words["%(num)s new note"]) == forms


def test_no_word_can_end_the_block_it_is_in(app: Flask) -> None:
    for code in gettext.LANGUAGES:
        with app.test_request_context("/", headers={"accept-language": code}):
            assert "<" not in words_view.script_words()
