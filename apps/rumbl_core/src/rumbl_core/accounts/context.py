"""Accounts: who may use rumbl. Users, their registration, their log in and their sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, literal_column, select, update

from rumbl_core import backend_seeds, password, repo
from rumbl_core.accounts.user import PEOPLE, User
from rumbl_core.accounts.user_token import (
    ASKING,
    DELETION,
    EXPIRY,
    SEEN_EVERY,
    USER_OF_TOKEN,
    Device,
    UserToken,
    digest,
    reference,
    still_valid,
    valid_token,
)
from rumbl_core.casts import INVALID, cast_id, line
from rumbl_core.changeset import Changeset, change
from rumbl_core.errors import NotFound
from rumbl_core.excerpt import Excerpt
from rumbl_core.listing import Ask, Listing, Order, Page, sort_key
from rumbl_core.result import Error, Ok
from rumbl_core.schema import now

MAX_PAGE: Final = 500
"""Most rows that any list gives at once."""
_ANYBODY: Final = ASKING.select()
_PASSWORD: Final = select(User.password_hash).where(User.id == bindparam("id"))
_HELD_PASSWORD: Final = {
    "share": _PASSWORD.with_for_update(read=True),
    "change": _PASSWORD.with_for_update(),
}
_LISTED: Final = Excerpt(User, "name", "username")
_ALL: Final = _LISTED.select()
_USERS: Final[Listing[User]] = Listing(
    _LISTED,
    User.id,
    {"oldest": Order(), "newest": Order(descending=True), "name": Order(sort_key(User.name))},
    literal_column(PEOPLE, Text),
)


def list_users(limit: int = MAX_PAGE, after: object = None) -> list[User]:
    """Users in the order in which they came, at most `limit`, of them only those after the id `after`."""
    query = select(User).where(User.id > (cast_id(after) or 0)).order_by(User.id)
    return repo.all(query.limit(max(0, min(limit, MAX_PAGE))))


def list_users_page(ask: Ask) -> Page[User]:
    """A page of users: searched by name and username, in the order "oldest", "newest" or "name".

    Nothing else of them is loaded: whatever is private raises.
    """
    return _USERS.page(_ALL, ask)


def list_users_with_ids(ids: Collection[object]) -> list[User]:
    """The users with these ids (ids may be text), in one query; unknown ones are left out."""
    wanted = {number for id in ids if (number := cast_id(id)) is not None}
    if not wanted:
        return []
    return ASKING.objects(repo.values(_ANYBODY.where(repo.among(User.id, wanted)).order_by(User.id)))


def users_there(ids: Collection[int]) -> set[int]:
    """Those of these ids that are still users, in one query."""
    return set(repo.all(select(User.id).where(repo.among(User.id, ids)))) if ids else set()


def get_user(id: object) -> User | None:
    """The user with this id, or None; an id that can't be one has no user."""
    return repo.get(User, cast_id(id))


def get_user_or_raise(id: object) -> User:
    """The user with this id; raises NotFound."""
    user = get_user(id)
    if user is None:
        raise NotFound(f"no user {id!r}")
    return user


def get_user_by(**fields: object) -> User | None:
    """The only user with all these fields, or None; raises if there are several.

    The case of a username is no matter.
    """
    if "id" in fields:
        fields["id"] = cast_id(fields["id"])
    for name, value in fields.items():
        if name != "id" and (not isinstance(value, str) or len(value) > 255 or line(value) is INVALID):
            return None
    return repo.one_of(ASKING, _user_by(*fields), fields)


def change_user(user: User, params: object = None) -> Changeset[User]:
    """A changeset of a profile that is not tried yet, for a form; it hashes nothing."""
    return change(user) if params is None else User.changeset(user, params)


def create_user(attrs: object = None) -> Ok[User] | Error[Changeset[User]]:
    """Make a user without a password, as seeds and imports do. Reserved names are allowed here."""
    return repo.insert(User.changeset(User(), attrs))


def reserve_names(usernames: Iterable[str]) -> None:
    """Let nobody take these names from now on: the backends of this site answer under them."""
    backend_seeds.reserve(usernames)


def backend_user(username: str, name: str) -> User | None:
    """The user that a backend answers as, made if it is missing: never a person, who could log in.

    A person may have had the name before there was a backend of it. Then it is one that no person can have.
    None only if somebody gave that one a password by hand.
    """
    return _without_password(username, name) or _without_password(backend_seeds.beside(username), name)


def backend_of(user: User) -> str:
    """Name of the backend that answers as this user."""
    return backend_seeds.backend_of(user.username)


def change_registration(user: User, params: object = None) -> Changeset[User]:
    """A changeset of a registration that is not tried yet, for a form."""
    return User.registration_changeset(user, params)


def register_user(attrs: object = None) -> Ok[User] | Error[Changeset[User]]:
    """Make a user who can log in."""
    return repo.insert(User.registration_changeset(User(), attrs))


def authenticate_by_username_and_pass(
    username: object, given_pass: object
) -> Ok[User] | Error[Literal["unauthorized", "not_found"]]:
    """The user who can prove to be it. Every refusal costs the time of one hash, whatever the reason.

    An old hash of another cost is replaced by one of today's.
    """
    user = get_user_by(username=username)
    known = password.verify(user.password_hash if user else None, given_pass)
    if user is None:
        return Error("not_found")
    if not known:
        return Error("unauthorized")
    return Ok(_rehash(user, str(given_pass)))


def create_session_token(user: User, device: Device | None = None) -> str:
    """Begin a session: a random token for the cookie. Clears away the user's expired ones.

    Raises NotFound if the user was deleted meanwhile, or has another password than the one of the log-in.
    """
    token, row = UserToken.build(user, device or Device())
    with repo.transaction():
        # Whoever changes the password waits for this session, and then ends it.
        if not same_password(user, wait_for="share"):
            raise NotFound(f"{user!r} has another password by now")
        repo.run(EXPIRY, {"user_id": user.id, **still_valid()})
        repo.insert(change(row))
    return token


def same_password(user: User, *, wait_for: Literal["share", "change"]) -> bool:
    """Whether a user that was read before still has the same password; it stays so in this transaction.

    With "change", nobody else may write the user's row or rows of its own meanwhile. Raises NotFound.
    """
    found = repo.values(_HELD_PASSWORD[wait_for], {"id": user.id})
    if not found:
        raise NotFound(f"{user!r} is gone")
    return bool(found[0][0] == user.password_hash)


def get_user_by_session_token(token: object) -> User | None:
    """The user of a session, or None when it is over (after 60 days at the latest, 30 without use)."""
    found = repo.values(USER_OF_TOKEN, valid_token(token))
    if found and found[0][-1] <= now() - SEEN_EVERY:
        repo.run(UserToken.seen(token))
    return next(iter(ASKING.objects(found)), None)


def delete_session_token(token: object) -> None:
    """End a session; no matter if it is over."""
    repo.run(DELETION, {"token_hash": digest(token)})


def delete_all_session_tokens(user: User) -> list[str]:
    """End every session of a user; their public names, for whoever has to disconnect them."""
    return [reference(ended) for ended in repo.deleted(UserToken.ending(user))]


def session_ref(token: object) -> str:
    """Public name of a session; gives nothing of the token away."""
    return reference(digest(token))


def session_alive(ref: object) -> bool:
    """Whether the session of this public name is still open: what a live socket checks when it connects."""
    return bool(repo.values(UserToken.session_query(ref).with_only_columns(UserToken.id)))


def sessions_alive(refs: Collection[str]) -> set[str]:
    """Those of these public names whose sessions are still open, in one query."""
    known = UserToken.known_references(refs)
    return {reference(first) for first in repo.all(UserToken.sessions_query(known))} if known else set()


@cache
def _user_by(*names: str) -> Select[*tuple[Any, ...]]:
    """The users who have these fields; built once, a log-in asks for it."""
    query = _ANYBODY
    for name in names:
        column: ColumnElement[Any] = getattr(User, name)
        given: ColumnElement[Any] = bindparam(name, type_=column.type)
        if name == "username":
            column, given = func.lower(column), func.lower(given)
        query = query.where(column == given)
    return query


def _without_password(username: str, name: str) -> User | None:
    user = get_user_by(username=username)
    if user is None:
        repo.insert_new(User, [{"username": username, "name": name}])
        user = get_user_by(username=username)
    return user if user is not None and user.password_hash is None else None


def _rehash(user: User, given_pass: str) -> User:
    if user.password_hash is None or not password.needs_rehash(user.password_hash):
        return user
    # Only while it is still this hash: the password may have been changed since it was looked at.
    same = (User.id == user.id) & (User.password_hash == user.password_hash)
    repo.run(update(User).where(same).values(password_hash=password.hash_password(given_pass)))
    return get_user_or_raise(user.id)
