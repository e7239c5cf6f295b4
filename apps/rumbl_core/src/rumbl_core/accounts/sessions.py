"""A user's own sessions: where they are logged in, and how to end that."""

from __future__ import annotations

from typing import Final

from rumbl_core import repo
from rumbl_core.accounts.user import User
from rumbl_core.accounts.user_token import UserToken, digest, reference
from rumbl_core.errors import NotFound

MAX_LISTED: Final = 100
"""Sessions that are listed at most; the rest can only be ended together."""


def list_sessions(user: User) -> list[UserToken]:
    """The user's open sessions, the one that was used last first."""
    return repo.all(UserToken.of_user(user).limit(MAX_LISTED))


def end_session(user: User, ref: object) -> None:
    """End one of the user's sessions by its public name. Raises NotFound if it is over or somebody else's."""
    if not repo.deleted(UserToken.ending(user).where(UserToken.named(ref))):
        raise NotFound(f"no session {ref!r} of {user!r}")


def end_other_sessions(user: User, token: object) -> list[str]:
    """End every session of the user but the one of this token; their public names."""
    others = UserToken.ending(user).where(UserToken.token_hash != digest(token))
    return [reference(ended) for ended in repo.deleted(others)]
