"""Mail addresses and lost passwords: what a link may do, once, and what ends it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from rumbl_core import accounts, repo
from rumbl_core.accounts import User
from rumbl_core.accounts.mail import MAX_MAILS, Confirmed, Link, Reset
from rumbl_core.accounts.mail_token import VALIDITY, MailToken
from rumbl_core.changeset import change
from rumbl_core.result import Error, Ok
from rumbl_core.testing import user_fixture

sandboxed = pytest.mark.usefixtures("sandbox")
PASSWORD = "supersecret"
NEW = {"password": "quite another"}


def wish(user: User, address: str = "ana@example.org") -> Link:
    match accounts.request_mail(user, {"email": address, "current_password": PASSWORD}):
        case Ok(link):
            return link
        case Error(changeset):
            raise AssertionError(changeset.errors_on())


def confirmed(address: str = "ana@example.org", **attrs: object) -> User:
    match accounts.confirm_mail(wish(user_fixture(**attrs), address).token):
        case Ok(Confirmed(user, _)):
            return user
        case refused:
            raise AssertionError(refused)


def forgotten(login: str) -> Link:
    match accounts.request_password_reset(login):
        case Ok(link):
            return link
        case refused:
            raise AssertionError(refused)


def errors(result: Any) -> Any:
    assert isinstance(result, Error)
    return result.reason.errors_on()


def age(by: timedelta) -> None:
    """Let every mail be older than it is."""
    repo.run(update(MailToken).values(inserted_at=MailToken.inserted_at - by))


def logs_in(user: User, password: str) -> bool:
    return isinstance(accounts.authenticate_by_username_and_pass(user.username, password), Ok)


@sandboxed
def test_an_address_is_nobodys_until_it_is_confirmed() -> None:
    user = user_fixture()
    link = wish(user, "Ana@Example.org")

    assert accounts.get_user_or_raise(user.id).email is None
    assert accounts.pending_mail(user) == "Ana@Example.org"
    found = accounts.mail_of_token(link.token)
    assert found == (user, "Ana@Example.org")

    assert accounts.confirm_mail(link.token) == Ok(Confirmed(user, None))
    after = accounts.get_user_or_raise(user.id)
    assert after.email == "Ana@Example.org"
    assert after.confirmed_at is not None
    assert accounts.pending_mail(after) is None


@sandboxed
def test_the_current_password_is_asked_for() -> None:
    user = user_fixture()
    for typed in ({}, {"current_password": "wrong"}, {"current_password": {"a": "b"}}):
        answer = accounts.request_mail(user, {"email": "ana@example.org", **typed})
        assert errors(answer) == {"current_password": ["is not your password"]}
    assert accounts.pending_mail(user) is None


@sandboxed
@pytest.mark.parametrize(
    "address",
    ["ana", "@example.org", "ana@", "ana@-x.org", "a b@example.org", "ana@exa mple.org", "ana@example..org",
     "ana@example.org\nbcc: x@example.org", "ana@example.org\r", "é@example.org", "ana@exämple.org",
     "<ana@example.org>", "ana@example.org,b@example.org", "a" * 65 + "@example.org",
     "a@" + ".".join(["b" * 63] * 4), 7, {"a": "b"}],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: object) -> None:
    answer = accounts.request_mail(user_fixture(), {"email": address, "current_password": PASSWORD})
    assert list(errors(answer)) == ["email"]


@sandboxed
def test_the_longest_address_has_254_characters() -> None:
    address = "a@" + ".".join(["b" * 63, "b" * 63, "b" * 63, "b" * 60])
    assert len(address) == 254
    assert wish(user_fixture(), address).address == address


@sandboxed
def test_the_address_that_one_has_is_no_change() -> None:
    wanted = {"email": "ana@example.org", "current_password": PASSWORD}
    assert errors(accounts.request_mail(confirmed(), wanted)) == {"email": ["is your address already"]}


@sandboxed
def test_who_confirms_first_has_the_address_and_nobody_is_told_before() -> None:
    first, second = user_fixture(), user_fixture()
    links = [wish(first), wish(second, "ANA@example.org")]

    assert isinstance(accounts.confirm_mail(links[0].token), Ok)
    assert accounts.confirm_mail(links[1].token) == Error("taken")
    assert accounts.get_user_or_raise(second.id).email is None
    assert isinstance(
        accounts.request_mail(second, {"email": "ana@example.org", "current_password": PASSWORD}), Ok
    )


@sandboxed
def test_another_address_replaces_the_first_and_tells_which_it_was() -> None:
    user = confirmed()
    assert accounts.confirm_mail(wish(user, "new@example.org").token) == Ok(
        Confirmed(user, "ana@example.org")
    )
    assert accounts.request_password_reset("ana@example.org") == Error("invalid")
    assert forgotten("new@example.org").user == user


@sandboxed
def test_an_address_can_be_taken_away_and_every_link_with_it() -> None:
    user = confirmed(username="ana")
    links = [forgotten("ana"), wish(user, "new@example.org")]

    assert accounts.remove_mail(user, {"current_password": PASSWORD}) == Ok("ana@example.org")

    after = accounts.get_user_or_raise(user.id)
    assert (after.email, after.confirmed_at, accounts.pending_mail(after)) == (None, None, None)
    assert accounts.request_password_reset("ana") == Error("invalid")
    assert accounts.user_of_reset(links[0].token) is None
    assert accounts.mail_of_token(links[1].token) is None
    assert confirmed().email == "ana@example.org", "it is free for another account"


@sandboxed
def test_a_wish_can_be_taken_back() -> None:
    user = user_fixture()
    link = wish(user)
    assert accounts.remove_mail(user, {"current_password": PASSWORD}) == Ok(None)
    assert accounts.pending_mail(user) is None
    assert accounts.confirm_mail(link.token) == Error("invalid")


@sandboxed
@pytest.mark.parametrize("typed", [{}, {"current_password": "wrong"}, {"current_password": ["x"]}, None])
def test_an_address_is_not_taken_away_without_the_password_of_today(typed: object) -> None:
    user = confirmed()
    assert errors(accounts.remove_mail(user, typed)) == {"current_password": ["is not your password"]}
    changed = accounts.change_password(user, {"current_password": PASSWORD, **NEW})
    assert isinstance(changed, Ok)
    late = accounts.remove_mail(user, {"current_password": PASSWORD})
    assert errors(late) == {"current_password": ["is not your password"]}
    assert accounts.get_user_or_raise(user.id).email == "ana@example.org"


@sandboxed
def test_a_new_wish_ends_the_link_of_the_one_before() -> None:
    user = user_fixture()
    first, second = wish(user), wish(user, "new@example.org")
    assert accounts.confirm_mail(first.token) == Error("invalid")
    assert isinstance(accounts.confirm_mail(second.token), Ok)


@sandboxed
def test_a_link_can_be_sent_again_while_an_address_waits() -> None:
    user = user_fixture()
    assert accounts.request_mail_again(user) == Error("invalid")
    wish(user)
    again = accounts.request_mail_again(user)
    assert isinstance(again, Ok)
    assert again.value.address == "ana@example.org"


@sandboxed
@pytest.mark.parametrize("login", ["ana", "ANA", "ana@example.org", "Ana@EXAMPLE.org"])
def test_a_lost_password_is_set_anew_by_username_or_address(login: str) -> None:
    user = confirmed(username="ana")
    session = accounts.create_session_token(user)
    link = forgotten(login)
    assert link.address == "ana@example.org"
    assert accounts.user_of_reset(link.token) == user

    match accounts.reset_password(link.token, NEW):
        case Ok(Reset(changed, ended)):
            assert (changed, ended) == (user, [accounts.session_ref(session)])
        case refused:
            pytest.fail(str(refused))
    assert accounts.get_user_by_session_token(session) is None
    assert logs_in(user, NEW["password"])
    assert not logs_in(user, PASSWORD)


@sandboxed
@pytest.mark.parametrize(
    "login", ["nobody", "nobody@example.org", "", "x" * 3000, None, {"a": "b"}, "a\x00b"]
)
def test_nobody_gets_no_link(login: object) -> None:
    assert accounts.request_password_reset(login) == Error("invalid")


@sandboxed
def test_an_address_that_is_not_confirmed_gets_no_link() -> None:
    user = user_fixture(username="ana")
    wish(user)
    assert accounts.request_password_reset("ana") == Error("invalid")
    assert accounts.request_password_reset("ana@example.org") == Error("invalid")


@sandboxed
def test_a_username_that_looks_like_an_address_does_not_stand_in_its_owners_way() -> None:
    squatter, owner = confirmed("other@example.org", username="ana@example.org"), confirmed()
    assert forgotten("ana@example.org").user == owner
    assert squatter != owner


@sandboxed
def test_a_password_that_is_refused_leaves_the_link_good() -> None:
    confirmed(username="ana")
    link = forgotten("ana")
    assert list(errors(accounts.reset_password(link.token, {"password": "short"}))) == ["password"]
    assert list(errors(accounts.reset_password(link.token, {}))) == ["password"]
    assert isinstance(accounts.reset_password(link.token, NEW), Ok)


@sandboxed
def test_a_link_is_good_once() -> None:
    user = confirmed(username="ana")
    link, wished = forgotten("ana"), wish(user, "new@example.org")
    assert isinstance(accounts.reset_password(link.token, NEW), Ok)
    assert accounts.reset_password(link.token, {"password": "a third one"}) == Error("invalid")
    assert accounts.confirm_mail(wished.token) == Error("invalid")  # the password is another


@sandboxed
@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000, None, 7, ["x"]])
def test_what_is_no_token_is_good_for_nothing(token: object) -> None:
    confirmed(username="ana")
    forgotten("ana")
    assert accounts.user_of_reset(token) is None
    assert accounts.mail_of_token(token) is None
    assert accounts.reset_password(token, NEW) == Error("invalid")
    assert accounts.confirm_mail(token) == Error("invalid")


@sandboxed
def test_a_token_is_good_for_its_purpose_alone() -> None:
    user = confirmed(username="ana")
    link, wished = forgotten("ana"), wish(user, "new@example.org")
    assert accounts.confirm_mail(link.token) == Error("invalid")
    assert accounts.reset_password(wished.token, NEW) == Error("invalid")
    changed = link.token[:-1] + ("A" if link.token[-1] != "A" else "B")
    assert accounts.reset_password(changed, NEW) == Error("invalid")


@sandboxed
@pytest.mark.parametrize(("purpose", "hours"), [("reset", 1), ("confirm", 7 * 24)])
def test_a_link_expires(purpose: Any, hours: int) -> None:
    assert VALIDITY[purpose] == timedelta(hours=hours)
    user = confirmed(username="ana")
    wished, link = wish(user, "new@example.org"), forgotten("ana")
    age(VALIDITY[purpose] - timedelta(minutes=5))
    looked_up = {"reset": lambda: accounts.user_of_reset(link.token),
                 "confirm": lambda: accounts.mail_of_token(wished.token)}[purpose]  # fmt: skip
    assert looked_up() is not None
    age(timedelta(minutes=5))
    assert looked_up() is None


@sandboxed
def test_whoever_changes_password_or_address_makes_every_link_void() -> None:
    for change_it in (
        {"password_hash": "another"},
        {"email": "third@example.org"},
    ):
        user = confirmed(f"{next(iter(change_it))}@example.org")
        link, wished = forgotten(user.username), wish(user, "new@example.org")
        wanted = change(user)
        for name, value in change_it.items():
            wanted = wanted.put_change(name, value)
        assert isinstance(repo.update(wanted), Ok)

        assert accounts.user_of_reset(link.token) is None
        assert accounts.mail_of_token(wished.token) is None


@sandboxed
def test_mails_are_few_by_account_and_by_address_and_count_when_their_link_has_ended() -> None:
    user = confirmed(username="ana")
    age(timedelta(hours=1))
    for _ in range(MAX_MAILS):
        forgotten("ana")
        wish(user, "victim@example.org")
    assert accounts.request_password_reset("ana@example.org") == Error("too_many")
    assert accounts.request_mail_again(user) == Error("too_many")
    wanted = {"email": "victim@example.org", "current_password": PASSWORD}
    assert list(errors(accounts.request_mail(user, {**wanted, "email": "else@example.org"}))) == ["email"]
    assert list(errors(accounts.request_mail(user_fixture(), wanted))) == ["email"]

    age(timedelta(hours=1))
    assert isinstance(accounts.request_mail(user_fixture(), wanted), Ok)
    assert forgotten("ana").user == user


@sandboxed
def test_the_token_is_kept_as_its_hash_and_shown_nowhere() -> None:
    confirmed(username="ana")
    link = forgotten("ana")
    rows = repo.all(select(MailToken))
    assert link.token not in repr(link)
    assert all(link.token.encode() not in row.token_hash for row in rows)


@pytest.mark.usefixtures("committed_database")
def test_of_uses_at_the_same_moment_one_wins() -> None:
    user = confirmed(username="ana")
    links = [forgotten("ana"), forgotten("ana")]
    uses = [(link, f"password {number}") for link in links for number in range(3)]
    with ThreadPoolExecutor(len(uses)) as pool:
        made = list(pool.map(lambda use: accounts.reset_password(use[0].token, {"password": use[1]}), uses))
    won = [password for (_, password), result in zip(uses, made, strict=True) if isinstance(result, Ok)]
    assert len(won) == 1
    assert logs_in(user, won[0])


@pytest.mark.usefixtures("committed_database")
def test_mails_asked_for_at_the_same_moment_are_few_too() -> None:
    confirmed(username="ana")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: accounts.request_password_reset("ana"), range(8)))
    assert sum(isinstance(result, Ok) for result in made) == MAX_MAILS
