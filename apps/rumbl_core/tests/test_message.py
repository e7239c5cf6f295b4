import json

from rumbl_core.changeset import Changeset
from rumbl_core.message import counted, message


def test_a_message_reads_as_english_and_keeps_its_parts() -> None:
    refusal = message("must be less than %(number)s", number=7)
    assert refusal == "must be less than 7"
    assert (refusal.template, refusal.plural, refusal.values) == (
        "must be less than %(number)s",
        None,
        {"number": 7},
    )


def test_a_text_without_values_is_left_as_it_is() -> None:
    assert message("100 % wrong") == "100 % wrong"


def test_a_count_chooses_the_form_and_is_kept() -> None:
    one, two = (counted("%(count)d letter", "%(count)d letters", count) for count in (1, 2))
    assert (one, two) == ("1 letter", "2 letters")
    assert (two.template, two.plural, two.values) == ("%(count)d letter", "%(count)d letters", {"count": 2})


def test_a_changeset_tells_its_errors_as_plain_text() -> None:
    changeset = Changeset(object()).add_error("name", message("is reserved"))
    assert json.loads(json.dumps(changeset.errors_on())) == {"name": ["is reserved"]}
