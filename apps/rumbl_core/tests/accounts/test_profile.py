"""Name, username and password of one's own account."""

import pytest

from rumbl_core import accounts
from rumbl_core.accounts import User
from rumbl_core.changeset import Changeset
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok
from rumbl_core.testing import user_fixture

pytestmark = pytest.mark.usefixtures("sandbox")

GOOD = {"current_password": "supersecret", "password": "a better sentence"}


def errors(result: Ok[object] | Error[Changeset[User]]) -> dict[str, list[str]]:
    return result.reason.errors_on() if isinstance(result, Error) else {}


class TestProfile:
    def test_name_and_username_are_changed_and_nothing_else(self) -> None:
        user = user_fixture()
        result = accounts.update_profile(user, {"name": "Eva", "username": "eva", "password_hash": "x"})
        assert isinstance(result, Ok)
        assert (result.value.name, result.value.username) == ("Eva", "eva")
        assert result.value.password_hash == user.password_hash

    @pytest.mark.parametrize(
        ("username", "refusal"),
        [
            ("wolfram", "is reserved"),
            ("\uff57olfram", "is reserved"),
            (" eva", "must not begin or end with a space"),
            ("e\u200bva", "has an invisible character"),
            ("TAKEN", "has already been taken"),
            ("", "can't be blank"),
            ("x" * 21, "should be at most 20 character(s)"),
        ],
    )
    def test_the_rules_of_a_registration_hold(self, username: str, refusal: str) -> None:
        user_fixture(username="taken")
        assert errors(accounts.update_profile(user_fixture(), {"username": username})) == {
            "username": [refusal]
        }

    def test_the_voice_of_a_backend_has_no_profile(self) -> None:
        with pytest.raises(NotFound):
            accounts.update_profile(user_fixture(username="wolfram"), {"name": "Mine"})


class TestPassword:
    def test_the_new_one_works_the_old_one_does_not_and_every_session_ends(self) -> None:
        user = user_fixture(username="eva")
        token = accounts.create_session_token(user)
        result = accounts.change_password(user, GOOD)
        assert isinstance(result, Ok)
        assert result.value.ended == [accounts.session_ref(token)]
        assert accounts.get_user_by_session_token(token) is None
        assert accounts.authenticate_by_username_and_pass("eva", "a better sentence") == Ok(user)
        assert accounts.authenticate_by_username_and_pass("eva", "supersecret") == Error("unauthorized")

    @pytest.mark.parametrize("given", ["wrong", "", None, {"a": "b"}])
    def test_without_the_one_of_today_nothing_changes(self, given: object) -> None:
        user = user_fixture(username="eva")
        token = accounts.create_session_token(user)
        result = accounts.change_password(user, {**GOOD, "current_password": given})
        assert errors(result) == {"current_password": ["is not your password"]}
        assert accounts.get_user_by_session_token(token) == user
        assert "a better sentence" not in repr(result)

    @pytest.mark.parametrize(
        ("typed", "refusal"),
        [
            ("12345", "should be at least 6 character(s)"),
            ("x" * 101, "should be at most 100 character(s)"),
            ("", "can't be blank"),
            ("Password1", "is one of the passwords that are tried first"),
        ],
    )
    def test_a_bad_new_one_is_refused(self, typed: str, refusal: str) -> None:
        assert errors(accounts.change_password(user_fixture(), {**GOOD, "password": typed})) == {
            "password": [refusal]
        }

    def test_a_log_in_with_the_password_of_before_begins_no_session(self) -> None:
        user = user_fixture()
        accounts.change_password(user, GOOD)
        with pytest.raises(NotFound):
            accounts.create_session_token(user)

    def test_the_voice_of_a_backend_gets_no_password(self) -> None:
        with pytest.raises(NotFound):
            accounts.change_password(user_fixture(username="wolfram"), {"password": "a sentence"})
