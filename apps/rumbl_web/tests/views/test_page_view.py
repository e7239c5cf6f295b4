from __future__ import annotations

from rumbl_web.testing import Client
from rumbl_web.views.page_view import demo_notes


def test_the_example_notes_come_in_order_and_fit_the_clip() -> None:
    moments = [note["at"] for note in demo_notes()]

    assert moments == sorted(moments)
    assert all(0 <= at <= 60_000 for at in moments)


def test_an_answer_follows_its_question_at_the_same_moment() -> None:
    notes = demo_notes()
    [answer] = [index for index, note in enumerate(notes) if note["answer"]]

    assert notes[answer - 1]["at"] == notes[answer]["at"]
    assert (notes[answer - 1]["body"], notes[answer]["body"]) == ("1 + 1", "2")


def test_the_example_speaks_the_language_of_the_page(client: Client) -> None:
    english, german = (client.get("/", headers={"accept-language": code}).text for code in ("en", "de"))

    assert ("Popcorn is ready" in english, "Popcorn is ready" in german) == (True, False)
    assert ("Das Popcorn" in english, "Das Popcorn" in german) == (False, True)
