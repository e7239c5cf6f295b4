from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import MultipleResultsFound

from rumbl_core import accounts, backend_seeds, password, repo
from rumbl_core.accounts import User
from rumbl_core.accounts.user_token import VALIDITY, UserToken
from rumbl_core.changeset import change
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok
from rumbl_core.schema import now
from rumbl_core.testing import Sandbox, user_fixture

pytestmark = pytest.mark.usefixtures("sandbox")

VALID = {"name": "User", "username": "eva", "password": "secret"}
BAD_IDS = [0, -1, 2**63, "abc", "1.5", "", " 1", "1 ", "\uff11", "9" * 5000, None, True, 1.0, [1], {"id": 1}]


def errors(result: Ok[Any] | Error[Any]) -> Any:
    assert isinstance(result, Error)
    return result.reason.errors_on()


def usernames() -> list[str]:
    return [user.username for user in accounts.list_users()]


class TestRegisterUser:
    @pytest.mark.spec("T4", "with valid data inserts user")
    def test_with_valid_data_inserts_user(self) -> None:
        match accounts.register_user(VALID):
            case Ok(user):
                assert (user.name, user.username) == ("User", "eva")
                assert [listed.id for listed in accounts.list_users()] == [user.id]
            case Error(changeset):
                pytest.fail(str(changeset))

    @pytest.mark.spec("T5", "with invalid data does not insert user")
    def test_with_invalid_data_does_not_insert_user(self) -> None:
        result = accounts.register_user({})
        assert errors(result) == {
            "name": ["can't be blank"],
            "username": ["can't be blank"],
            "password": ["can't be blank"],
        }
        assert accounts.list_users() == []

    @pytest.mark.spec("T6", "enforces unique usernames")
    def test_enforces_unique_usernames(self) -> None:
        first = accounts.register_user(VALID)
        assert isinstance(first, Ok)
        assert errors(accounts.register_user(VALID)) == {"username": ["has already been taken"]}
        assert [user.id for user in accounts.list_users()] == [first.value.id]

    @pytest.mark.spec("T7", "does not accept long usernames")
    def test_does_not_accept_long_usernames(self) -> None:
        result = accounts.register_user({**VALID, "username": "a" * 30})
        assert errors(result) == {"username": ["should be at most 20 character(s)"]}
        assert accounts.list_users() == []

    @pytest.mark.spec("T8", "requires password to be at least 6 chars long")
    def test_requires_password_to_be_at_least_6_chars_long(self) -> None:
        result = accounts.register_user({**VALID, "password": "12345"})
        assert errors(result) == {"password": ["should be at least 6 character(s)"]}
        assert accounts.list_users() == []

    @pytest.mark.parametrize("twin", ["EVA", "Eva", "eva"])
    @pytest.mark.trap(11)
    def test_a_username_is_taken_whatever_its_case(self, twin: str) -> None:
        accounts.register_user({**VALID, "username": "Eva"})
        assert errors(accounts.register_user({**VALID, "username": twin}))["username"] == [
            "has already been taken"
        ]
        assert usernames() == ["Eva"], "and is shown as typed"

    def test_case_is_known_beyond_ascii(self) -> None:
        accounts.register_user({**VALID, "username": "ÉVA"})
        assert errors(accounts.register_user({**VALID, "username": "éva"}))

    @pytest.mark.parametrize("name", ["wolfram", "Wolfram", "calculator", "\uff57olfram", "demo"])
    def test_names_of_backends_are_reserved(self, name: str) -> None:
        assert errors(accounts.register_user({**VALID, "username": name})) == {"username": ["is reserved"]}

    @pytest.mark.parametrize("name", [" eva", "eva ", "\u3000eva", "eva\xa0", " wolfram"])
    def test_a_username_neither_begins_nor_ends_with_a_space(self, name: str) -> None:
        expected = {"username": ["must not begin or end with a space"]}
        assert errors(accounts.register_user({**VALID, "username": name})) == expected
        assert user_fixture(name=name).name == name, "a name may"

    @pytest.mark.parametrize(
        "letter", ["\u200b", "\u200d", "\u202e", "\xad", "\ufeff", "\u2060", "\ufe0f", "\u3164", "\u034f"]
    )
    def test_a_username_has_no_invisible_character(self, letter: str) -> None:
        for name in (f"e{letter}va", f"eva{letter}", f"{letter}eva"):
            expected = {"username": ["has an invisible character"]}
            assert errors(accounts.register_user({**VALID, "username": name})) == expected

    def test_emoji_may_be_joined(self) -> None:
        name = "\u2764\ufe0f\u200d\U0001f525 \U0001f469\U0001f3fd\u200d\U0001f680"
        assert user_fixture(username=name, name=name).username == name

    @pytest.mark.parametrize("letter", ["\u200b", "\u2060", "\ufeff", "\u3164"])
    def test_what_nobody_can_see_is_blank(self, letter: str) -> None:
        for field in ("name", "username"):
            expected = {field: ["can't be blank"]}
            assert errors(accounts.register_user({**VALID, field: f"{letter} {letter}"})) == expected

    def test_the_password_is_neither_stored_nor_kept(self) -> None:
        result = accounts.register_user(VALID)
        assert isinstance(result, Ok)
        assert str(result.value.password_hash).startswith("$argon2id$")
        assert "secret" not in repr(vars(result.value))

    def test_only_known_fields_are_taken(self) -> None:
        user = user_fixture(id=7, password_hash="x", inserted_at="x", admin=True)
        assert (user.id != 7, user.password_hash != "x") == (True, True)

    @pytest.mark.parametrize(
        "attrs", [None, [], "name", 7, {"name": {"x": 1}, "username": [1], "password": {}}]
    )
    def test_anything_else_than_a_form_is_refused(self, attrs: object) -> None:
        assert set(errors(accounts.register_user(attrs))) == {"name", "username", "password"}

    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\nb"])
    @pytest.mark.trap(27)
    def test_text_that_can_not_be_stored_or_shown_is_invalid(self, text: str) -> None:
        assert errors(accounts.register_user({**VALID, "name": text})) == {"name": ["is invalid"]}

    @pytest.mark.trap(26)
    def test_twenty_emoji_families_are_twenty_characters(self) -> None:
        family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
        assert user_fixture(username=family * 20).username == family * 20
        assert errors(accounts.register_user({**VALID, "username": family * 21}))

    @pytest.mark.trap(15)
    def test_a_refused_registration_leaves_the_transaction_usable(self) -> None:
        with repo.transaction():
            user_fixture(username="eva")
            assert errors(accounts.register_user(VALID))
            assert usernames() == ["eva"]


class TestAuthenticate:
    @pytest.fixture(autouse=True)
    def user(self, sandbox: Sandbox) -> User:
        return user_fixture(username="eva", password="123456")

    @pytest.mark.spec("T9", "returns user with correct password")
    def test_returns_user_with_correct_password(self, user: User) -> None:
        result = accounts.authenticate_by_username_and_pass("eva", "123456")
        assert result == Ok(user)

    @pytest.mark.spec("T10", "returns unauthorized error with invalid password")
    def test_returns_unauthorized_error_with_invalid_password(self) -> None:
        assert accounts.authenticate_by_username_and_pass("eva", "badpass") == Error("unauthorized")

    @pytest.mark.spec("T11", "returns not found error with no matching user for email")
    def test_returns_not_found_error_with_no_matching_user_for_username(self) -> None:
        assert accounts.authenticate_by_username_and_pass("nobody", "123456") == Error("not_found")

    @pytest.mark.trap(11)
    def test_the_case_of_the_username_is_no_matter(self, user: User) -> None:
        assert accounts.authenticate_by_username_and_pass("EVA", "123456") == Ok(user)

    @pytest.mark.trap(6)
    def test_a_user_without_a_password_can_not_log_in(self) -> None:
        accounts.create_user({"name": "Wolfram", "username": "wolfram"})
        for guess in ("", "wolfram", None):
            assert accounts.authenticate_by_username_and_pass("wolfram", guess) == Error("unauthorized")

    @pytest.mark.parametrize("odd", [None, {"x": 1}, ["123456"], 123456, "1" * 100_000, "\ud800", "a\x00b"])
    @pytest.mark.trap(7)
    def test_odd_input_is_a_wrong_password_or_an_unknown_user(self, odd: object) -> None:
        assert accounts.authenticate_by_username_and_pass("eva", odd) == Error("unauthorized")
        assert accounts.authenticate_by_username_and_pass(odd, "123456") == Error("not_found")

    @pytest.mark.parametrize("username", ["eva", "nobody", "wolfram"])
    @pytest.mark.trap(6, 7)
    def test_every_refusal_takes_exactly_one_hash(
        self, username: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts.create_user({"name": "Wolfram", "username": "wolfram"})
        checked: list[str] = []
        verify = password._verify

        def counted(password_hash: str, guess: str) -> bool:
            checked.append(password_hash)
            return verify(password_hash, guess)

        monkeypatch.setattr(password, "_verify", counted)
        accounts.authenticate_by_username_and_pass(username, "badpass")
        cost = checked[0].split("$")[3]
        assert (len(checked), cost) == (1, "m=8,t=1,p=1")

    def test_a_hash_of_another_cost_is_replaced_at_log_in(self, user: User) -> None:
        password.configure("normal")
        try:
            assert isinstance(accounts.authenticate_by_username_and_pass("eva", "123456"), Ok)
            stored = accounts.get_user_or_raise(user.id).password_hash
            assert stored is not None
            assert "m=32768,t=3" in stored
            assert accounts.authenticate_by_username_and_pass("eva", "badpass") == Error("unauthorized")
        finally:
            password.configure("cheap")


class TestGetUser:
    def test_gives_the_user_or_none(self) -> None:
        user = user_fixture()
        assert accounts.get_user(user.id) == user
        assert accounts.get_user(str(user.id)) == user
        assert accounts.get_user(user.id + 1) is None

    @pytest.mark.parametrize("id", BAD_IDS)
    def test_an_impossible_id_has_no_user(self, id: object) -> None:
        assert accounts.get_user(id) is None
        with pytest.raises(NotFound):
            accounts.get_user_or_raise(id)

    @pytest.mark.trap(45)
    def test_by_other_fields_fails_rather_than_picks(self) -> None:
        first = user_fixture(name="Max", username="mAx")
        user_fixture(name="Max", username="max2")
        assert accounts.get_user_by(username="MAX", name="Max") == first
        assert accounts.get_user_by(username="nobody") is None
        assert accounts.get_user_by(id=f"{first.id}", name="Max") == first
        assert accounts.get_user_by(id="x", name="Max") is None
        with pytest.raises(MultipleResultsFound):
            accounts.get_user_by(name="Max")

    def test_several_at_once_by_ids_of_any_type(self) -> None:
        first, second = user_fixture(), user_fixture()
        assert accounts.list_users_with_ids([str(second.id), first.id, "x", 2**70]) == [first, second]
        assert accounts.list_users_with_ids([]) == []

    def test_lists_come_in_pages(self) -> None:
        users = [user_fixture() for _ in range(3)]
        assert accounts.list_users(limit=2) == users[:2]
        assert accounts.list_users(limit=2, after=users[1].id) == users[2:]


class TestBackendUser:
    def test_is_made_when_it_is_missing_and_found_the_next_time(self) -> None:
        made = accounts.backend_user("oracle", "The Oracle")
        assert made is not None
        assert (made.username, made.name, made.password_hash) == ("oracle", "The Oracle", None)
        again = accounts.backend_user("oracle", "Another name")
        assert again is not None
        assert again.id == made.id

    def test_is_never_a_person(self) -> None:
        person = user_fixture(username="Oracle")
        made = accounts.backend_user("oracle", "The Oracle")
        assert made is not None
        assert (made.id, made.name, made.password_hash) == (made.id, "The Oracle", None)
        assert made.id != person.id
        assert accounts.backend_of(made) == "oracle"
        again = accounts.backend_user("oracle", "The Oracle")
        assert again is not None
        assert again.id == made.id

    def test_has_a_second_name_that_no_person_can_take(self) -> None:
        for beside in (backend_seeds.beside("o"), backend_seeds.beside("")):
            refused = errors(accounts.register_user({**VALID, "username": beside}))
            assert refused["username"] == ["should be at most 20 character(s)"]


class TestReservedNames:
    @pytest.fixture(autouse=True)
    def only_ours_afterwards(self) -> Iterator[None]:
        yield
        accounts.reserve_names(())

    @pytest.mark.parametrize("name", ["oracle", "ORACLE", "\uff4fracle"])
    def test_names_of_other_backends_are_reserved_like_ours(self, name: str) -> None:
        accounts.reserve_names(["Oracle", "dice"])
        assert errors(accounts.register_user({**VALID, "username": name})) == {"username": ["is reserved"]}
        renamed = accounts.update_profile(user_fixture(), {"username": name})
        assert errors(renamed) == {"username": ["is reserved"]}

    def test_ours_stay_reserved_and_a_person_keeps_the_name_it_has(self) -> None:
        person = user_fixture(username="oracle")
        accounts.reserve_names(["oracle"])
        assert errors(accounts.register_user({**VALID, "username": "wolfram"})) == {
            "username": ["is reserved"]
        }
        assert isinstance(accounts.update_profile(person, {"name": "Another"}), Ok)


class TestChange:
    def test_a_fresh_form_shows_no_errors(self) -> None:
        assert accounts.change_user(User()).action is None
        assert accounts.change_registration(User(), {}).action is None

    def test_a_refused_form_shows_what_was_typed(self) -> None:
        result = accounts.register_user({**VALID, "username": ""})
        assert isinstance(result, Error)
        assert (result.reason.action, result.reason.input_value("name")) == ("insert", "User")
        assert "secret" not in repr(result)


class TestSessions:
    def test_a_token_stands_for_its_user_until_it_is_deleted(self) -> None:
        user = user_fixture()
        token, other = accounts.create_session_token(user), accounts.create_session_token(user)
        assert accounts.get_user_by_session_token(token) == user
        accounts.delete_session_token(token)
        assert accounts.get_user_by_session_token(token) is None
        assert accounts.get_user_by_session_token(other) == user

    def test_a_session_of_a_user_who_was_deleted_meanwhile_does_not_begin(self) -> None:
        user = user_fixture()
        repo.delete(user)
        with pytest.raises(NotFound):
            accounts.create_session_token(user)

    def test_the_database_has_only_the_hash(self) -> None:
        token = accounts.create_session_token(user_fixture())
        assert token.encode() not in repo.all(select(UserToken))[0].token_hash

    def test_deleting_all_names_the_sessions_that_ended(self) -> None:
        user, other = user_fixture(), user_fixture()
        tokens = [accounts.create_session_token(user) for _ in range(2)]
        kept = accounts.create_session_token(other)
        assert sorted(accounts.delete_all_session_tokens(user)) == sorted(map(accounts.session_ref, tokens))
        assert accounts.get_user_by_session_token(kept) == other
        assert not accounts.session_alive(accounts.session_ref(tokens[0]))

    def test_a_session_is_known_by_its_public_name(self) -> None:
        token = accounts.create_session_token(user_fixture())
        assert accounts.session_alive(accounts.session_ref(token))
        assert token not in accounts.session_ref(token)
        for unknown in ("", "0" * 24, None, "zz", accounts.session_ref("other")):
            assert not accounts.session_alive(unknown)

    def test_many_sessions_are_known_by_their_public_names_in_one_query(self) -> None:
        user = user_fixture()
        tokens = [accounts.create_session_token(user) for _ in range(3)]
        refs = [accounts.session_ref(token) for token in tokens]
        accounts.delete_session_token(tokens[1])
        row = repo.one(UserToken.session_query(refs[2]))
        assert row is not None
        repo.update(change(row).put_change("inserted_at", now() - VALIDITY))

        unknown = ["", "zz", "0" * 24, accounts.session_ref("other")]
        assert accounts.sessions_alive([*refs, *unknown]) == {refs[0]}
        assert accounts.sessions_alive([]) == accounts.sessions_alive(["zz"]) == set()

    def test_an_old_session_is_over_and_cleared_away_at_the_next_log_in(self) -> None:
        user = user_fixture()
        token = accounts.create_session_token(user)
        row = repo.all(select(UserToken))[0]
        repo.update(change(row).put_change("inserted_at", now() - VALIDITY))
        assert accounts.get_user_by_session_token(token) is None
        accounts.create_session_token(user)
        assert row not in repo.all(select(UserToken))

    @pytest.mark.parametrize("odd", [None, "", 7, "x" * 10_000, "\ud800", {"a": 1}])
    def test_odd_tokens_belong_to_nobody(self, odd: object) -> None:
        assert accounts.get_user_by_session_token(odd) is None
        accounts.delete_session_token(odd)
