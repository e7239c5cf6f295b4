from flask import Flask
from werkzeug.datastructures import LanguageAccept, MIMEAccept

from rumbl_web import accepted, errors, gettext

REST = accepted.MAX_ENTRIES - 1


def test_entries_are_taken_with_their_quality_up_to_a_limit() -> None:
    short = accepted.parse("text/html;q=0.5, image/png", MIMEAccept)
    assert (short["text/html"], short["image/png"]) == (0.5, 1)

    many = ",".join(f"x/{number}" for number in range(REST + 3))
    taken = accepted.parse(many, MIMEAccept)
    assert [taken[f"x/{REST + number}"] for number in range(-1, 3)] == [1, 1, 0, 0]


def test_who_says_nothing_provides_nothing() -> None:
    assert not accepted.parse("", LanguageAccept).provided


def test_a_page_looks_at_the_first_entries_of_both_lists(app: Flask) -> None:
    for others, reached in ((REST, True), (REST + 1, False)):
        headers = {"accept": "image/png," * others + "text/html", "accept-language": "fr," * others + "de"}
        with app.test_request_context(headers=headers):
            assert errors.wants_html() is reached
            assert gettext.language() == ("de" if reached else "en")
