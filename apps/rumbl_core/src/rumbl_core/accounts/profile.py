"""What people change of their own account. The voice of a backend has no password, so nothing to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rumbl_core import password, repo
from rumbl_core.accounts.context import delete_all_session_tokens, same_password
from rumbl_core.accounts.user import User
from rumbl_core.changeset import Changeset
from rumbl_core.errors import NotFound
from rumbl_core.result import Error, Ok


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The user with the new password, and the public names of the sessions that ended."""

    user: User
    ended: list[str]


def update_profile(user: User, attrs: object) -> Ok[User] | Error[Changeset[User]]:
    """Change name and username, by the rules of a registration. Raises NotFound if the user is gone."""
    return repo.update(User.profile_changeset(person(user), attrs))


def change_password(user: User, attrs: object) -> Ok[PasswordChange] | Error[Changeset[User]]:
    """Put `password` in the place of `current_password`, and end every session of the user.

    Of two changes at the same moment one is refused: its `current_password` is of yesterday.
    """
    proven = password.verify(person(user).password_hash, typed(attrs, "current_password"))
    wanted = User.new_password_changeset(user, attrs, proven=proven)
    if not wanted.valid:
        return Error(wanted.put_action("update"))
    with repo.transaction():
        if not same_password(user, wait_for="change"):
            return Error(User.new_password_changeset(user, attrs, proven=False).put_action("update"))
        match repo.update(wanted):
            case Ok(updated):
                return Ok(PasswordChange(updated, delete_all_session_tokens(updated)))
            case Error(_) as refused:
                return refused


def person(user: User) -> User:
    """The user, if it is somebody who can log in; raises NotFound for the voice of a backend."""
    if user.password_hash is None:
        raise NotFound(f"{user!r} has no account to change")
    return user


def typed(attrs: object, name: str) -> object:
    """One field of a form, None if it is missing."""
    return attrs.get(name) if isinstance(attrs, Mapping) else None
