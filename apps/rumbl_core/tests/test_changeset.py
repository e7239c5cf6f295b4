from typing import Any, ClassVar

import pytest

from rumbl_core import casts
from rumbl_core.casts import Cast
from rumbl_core.changeset import Changeset, cast, change


class Note:
    casts: ClassVar[dict[str, Cast]] = {"body": casts.text, "at": casts.integer}

    def __init__(self, body: str | None = None, at: int | None = None) -> None:
        self.body = body
        self.at = at


def note(params: object, data: Note | None = None) -> Changeset[Any]:
    return cast(data or Note(), params, ("body", "at"))


class TestCast:
    def test_takes_only_what_is_permitted(self) -> None:
        changeset = cast(Note(), {"body": "x", "at": "7", "id": 9}, ("at",))
        assert changeset.changes == {"at": 7}

    def test_empty_text_is_none_and_an_unchanged_value_is_no_change(self) -> None:
        assert note({"body": ""}, Note(body="x")).changes == {"body": None}
        assert note({"body": "x", "at": "7"}, Note("x", 7)).changes == {}

    def test_a_wrong_type_is_invalid_and_only_that(self) -> None:
        changeset = note({"body": 7, "at": "x"}).validate_required("body", "at")
        assert changeset.errors_on() == {"body": ["is invalid"], "at": ["is invalid"]}

    @pytest.mark.parametrize("params", [None, [], "x", 7])
    def test_params_that_are_no_mapping_hold_nothing(self, params: object) -> None:
        assert note(params).changes == {}

    def test_casting_again_adds_fields(self) -> None:
        changeset = cast(Note(), {"body": "x", "at": 1}, ("body",)).cast({"at": 2}, ("at",))
        assert changeset.changes == {"body": "x", "at": 2}


class TestValidate:
    @pytest.mark.trap(24)
    def test_required_judges_the_resulting_row(self) -> None:
        assert note({"at": 1}, Note(body="kept")).validate_required("body", "at").valid
        refused = note({"body": " \n"}, Note(body="kept")).validate_required("body")
        assert (refused.errors_on(), refused.changes) == ({"body": ["can't be blank"]}, {})

    @pytest.mark.parametrize(
        ("body", "messages"),
        [
            ("x", ["should be at least 2 character(s)"]),
            ("xxxxx", ["should be at most 4 character(s)"]),
            ("🇩🇪🇫🇷👩‍👩‍👧é", None),
            ("e" + "\u0301" * 100, ["should be at most 4 character(s)"]),
            ("e\u0301", ["should be at least 2 character(s)"]),
            ("\r\n", ["should be at least 2 character(s)"]),
        ],
    )
    def test_length_counts_what_a_reader_sees(self, body: str, messages: list[str] | None) -> None:
        changeset = note({"body": body}).validate_length("body", min=2, max=4)
        assert changeset.errors.get("body") == messages

    def test_length_of_what_did_not_change_is_no_matter(self) -> None:
        assert note({"body": "long"}, Note(body="long")).validate_length("body", max=1).valid

    def test_numbers_have_both_ends(self) -> None:
        for at, valid in ((-1, False), (0, True), (9, True), (10, False)):
            assert note({"at": at}).validate_number("at", min=0, max=9).valid is valid

    def test_a_judge_sees_only_changes_without_an_error(self) -> None:
        assert note({"body": "x"}).validate_change("body", lambda _: "no").errors_on() == {"body": ["no"]}
        assert note({}).validate_change("body", lambda _: "no").valid
        assert note({"body": 7}).validate_change("body", lambda _: "no").errors_on() == {
            "body": ["is invalid"]
        }


class TestConstraints:
    def test_only_a_named_constraint_becomes_an_error(self) -> None:
        changeset = (
            change(Note()).unique_constraint("body", "notes_body_index").assoc_constraint("user", "u_fkey")
        )
        refused = changeset.violated("notes_body_index")
        assert refused is not None
        assert refused.errors_on() == {"body": ["has already been taken"]}
        assert changeset.violated("u_fkey") is not None
        assert changeset.violated("other") is None
        assert changeset.violated(None) is None
        assert changeset.valid, "a changeset is a value"

    def test_a_foreign_key_has_a_message_of_its_own(self) -> None:
        changeset = change(Note()).foreign_key_constraint("notes", "n_fkey", "still exist")
        refused = changeset.violated("n_fkey")
        assert refused is not None
        assert refused.errors_on() == {"notes": ["still exist"]}


class TestForm:
    def test_shows_what_was_typed_then_what_is_stored(self) -> None:
        changeset = note({"at": "abc"}, Note(body="stored", at=1))
        assert (changeset.input_value("at"), changeset.get_field("at")) == ("abc", 1)
        assert changeset.input_value("body") == "stored"

    def test_a_deleted_change_is_forgotten_everywhere(self) -> None:
        changeset = note({"body": "secret"}).delete_change("body")
        assert "secret" not in (*changeset.changes.values(), *changeset.params.values())

    def test_the_repr_hides_what_was_typed(self) -> None:
        assert "secret" not in repr(note({"body": "secret"}))

    def test_errors_on_is_a_copy(self) -> None:
        changeset = change(Note()).add_error("body", "no").add_error("body", "never")
        changeset.errors_on()["body"].clear()
        assert changeset.errors_on() == {"body": ["no", "never"]}
