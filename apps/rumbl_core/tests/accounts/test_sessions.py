"""Where a user is logged in."""

from datetime import timedelta

import pytest

from rumbl_core import accounts, repo
from rumbl_core.accounts import Device, User, UserToken
from rumbl_core.accounts.user_token import IDLE, SEEN_EVERY
from rumbl_core.changeset import change
from rumbl_core.errors import NotFound
from rumbl_core.schema import now
from rumbl_core.testing import user_fixture

pytestmark = pytest.mark.usefixtures("sandbox")


def row(token: str) -> UserToken:
    found = repo.one(UserToken.session_query(accounts.session_ref(token)))
    assert found is not None
    return found


def last_used(token: str, ago: timedelta) -> None:
    repo.update(change(row(token)).put_change("last_seen_at", now() - ago))


def refs(user: User) -> list[str]:
    return [session.ref for session in accounts.list_sessions(user)]


def test_the_list_has_the_users_own_the_last_used_first() -> None:
    user = user_fixture()
    accounts.create_session_token(user_fixture())
    old = accounts.create_session_token(user, Device("Firefox", "Linux", "203.0.*.*"))
    new = accounts.create_session_token(user)
    last_used(old, timedelta(hours=1))
    assert refs(user) == [accounts.session_ref(new), accounts.session_ref(old)]
    told = accounts.list_sessions(user)[1]
    assert (told.browser, told.system, told.address) == ("Firefox", "Linux", "203.0.*.*")


def test_the_last_use_is_written_every_few_minutes_and_not_more() -> None:
    token = accounts.create_session_token(user_fixture())
    last_used(token, SEEN_EVERY - timedelta(minutes=1))
    before = row(token).last_seen_at
    accounts.get_user_by_session_token(token)
    assert row(token).last_seen_at == before

    last_used(token, SEEN_EVERY)
    accounts.get_user_by_session_token(token)
    assert row(token).last_seen_at > now() - SEEN_EVERY


def test_a_session_that_nobody_uses_is_over() -> None:
    user = user_fixture()
    token = accounts.create_session_token(user)
    last_used(token, IDLE)
    assert accounts.get_user_by_session_token(token) is None
    assert refs(user) == []
    assert accounts.sessions_alive([accounts.session_ref(token)]) == set()


def test_one_is_ended_once_and_only_by_its_user() -> None:
    user, other = user_fixture(), user_fixture()
    token = accounts.create_session_token(user)
    ref = accounts.session_ref(token)
    with pytest.raises(NotFound):
        accounts.end_session(other, ref)
    assert accounts.get_user_by_session_token(token) == user
    accounts.end_session(user, ref)
    with pytest.raises(NotFound):
        accounts.end_session(user, ref)
    assert accounts.get_user_by_session_token(token) is None


@pytest.mark.parametrize("odd", ["", None, "zz", "0" * 24, "%", 7])
def test_an_odd_name_ends_nothing(odd: object) -> None:
    user = user_fixture()
    accounts.create_session_token(user)
    with pytest.raises(NotFound):
        accounts.end_session(user, odd)
    assert len(refs(user)) == 1


def test_all_others_end_and_this_one_stays() -> None:
    user, other = user_fixture(), user_fixture()
    this, that = accounts.create_session_token(user), accounts.create_session_token(user)
    accounts.create_session_token(other)
    assert accounts.end_other_sessions(user, this) == [accounts.session_ref(that)]
    assert refs(user) == [accounts.session_ref(this)]
    assert len(refs(other)) == 1
