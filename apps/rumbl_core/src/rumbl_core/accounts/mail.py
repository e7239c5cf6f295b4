"""Mail addresses: how an account gets one that is confirmed, and how that gives a lost password back.

An address belongs to the account that confirmed it. One that is only wished for is kept with the link that
was sent there, so nobody can take another's address away or find out which ones are known. Nothing here sends
a mail: the functions give the token that belongs into the link.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import bindparam, func

from rumbl_core import password, repo
from rumbl_core.accounts.context import (
    delete_all_session_tokens,
    get_user,
    get_user_by,
    get_user_or_raise,
    same_password,
)
from rumbl_core.accounts.mail_token import LINK, MailToken, Purpose
from rumbl_core.accounts.user import User
from rumbl_core.accounts.user_token import ASKING
from rumbl_core.changeset import Changeset, cast, change
from rumbl_core.message import message
from rumbl_core.result import Error, Ok
from rumbl_core.schema import now

MAX_MAILS: Final = 3
"""Mails of one purpose that an account may cause in an hour, and that may go to one address."""
_ADDRESS_LOCKS: Final = 3
_HELD: Final = ASKING.select().where(User.id == bindparam("id")).with_for_update()

Refusal = Literal["invalid", "too_many"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a mail needs: whom it is for, where it goes, and the token of its link."""

    user: User
    address: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An account with its new address, and the one it had before."""

    user: User
    before: str | None


@dataclass(frozen=True, slots=True)
class Reset:
    """An account with its new password, and the public names of the sessions that ended."""

    user: User
    ended: list[str]


def change_mail(user: User) -> Changeset[User]:
    """A changeset without changes, for the form of the address."""
    return change(user)


def request_mail(user: User, attrs: object) -> Ok[Link] | Error[Changeset[User]]:
    """Begin to give the account an address. The current password is asked for: a session is not enough.

    Whether somebody has the address already is not told: its owner gets a mail.
    """
    wanted = User.mail_changeset(user, attrs)
    if not password.verify(user.password_hash, wanted.params.get("current_password")):
        wanted = wanted.add_error("current_password", message("is not your password"))
    if not wanted.valid:
        return Error(wanted.put_action("update"))
    match _issue(user, "confirm", wanted.changes["email"]):
        case Ok(link):
            return Ok(link)
        case Error(_):
            return Error(wanted.add_error("email", _too_many()).put_action("update"))


def request_mail_again(user: User) -> Ok[Link] | Error[Refusal]:
    """Another link to the address that waits for its confirmation."""
    address = pending_mail(user)
    return Error("invalid") if address is None else _issue(user, "confirm", address)


def pending_mail(user: User) -> str | None:
    """The address that waits for its confirmation."""
    waiting = repo.one_of(LINK, MailToken.newest_query(user, "confirm"))
    return waiting.sent_to if waiting else None


def mail_of_token(token: object) -> tuple[User, str] | None:
    """Whose confirmation a token is, and of which address; None when it is good for nothing."""
    return _look_up(token, "confirm")


def confirm_mail(token: object) -> Ok[Confirmed] | Error[Literal["invalid", "taken"]]:
    """Give the account the address of the token. Ends the token, and makes every other link void."""
    with repo.transaction():
        used = _use(token, "confirm")
        if used is None:
            return Error("invalid")
        user, address = used
        wanted = change(user).put_change("email", address).put_change("confirmed_at", now())
        match repo.update(wanted.unique_constraint("email", "users_email_index")):
            case Ok(confirmed):
                return Ok(Confirmed(confirmed, user.email))
            case Error(_):
                return Error("taken")


def remove_mail(user: User, attrs: object) -> Ok[str | None] | Error[Changeset[User]]:
    """Take the address away, and the one that waits: every link is void. Gives the address that it was.

    The current password is asked for, as for another address.
    """
    tried = cast(user, attrs, ()).put_action("update")
    refused = Error(tried.add_error("current_password", message("is not your password")))
    if not password.verify(user.password_hash, tried.params.get("current_password")):
        return refused
    with repo.transaction():
        if not same_password(user, wait_for="change"):
            return refused
        before = get_user_or_raise(user.id).email
        repo.run(MailToken.end(MailToken.user_id == user.id))
        match repo.update(tried.put_change("email", None).put_change("confirmed_at", None)):
            case Ok(_):
                return Ok(before)
            case Error(_) as unwritten:
                return unwritten


def request_password_reset(login: object) -> Ok[Link] | Error[Refusal]:
    """A link for whoever is known by this username or confirmed address.

    Its time tells whether there is somebody: call it where nobody measures.
    """
    user = _known_as(login)
    if user is None or user.email is None or user.password_hash is None:
        return Error("invalid")
    return _issue(user, "reset", user.email)


def user_of_reset(token: object) -> User | None:
    """Whose password a token may set; None when it is good for nothing."""
    found = _look_up(token, "reset")
    return found[0] if found else None


def change_password_reset(user: User) -> Changeset[User]:
    """A changeset without changes, for the form of the new password."""
    return change(user)


def reset_password(token: object, attrs: object) -> Ok[Reset] | Error[Changeset[User] | Literal["invalid"]]:
    """Set a new password by a mailed token. Ends the token, every other link, and all sessions.

    A password that is refused leaves the token good.
    """
    user = user_of_reset(token)
    if user is None:
        return Error("invalid")
    wanted = User.password_changeset(user, attrs)
    if not wanted.valid:
        return Error(wanted.put_action("update"))
    with repo.transaction():
        if _use(token, "reset") is None:
            return Error("invalid")
        match repo.update(wanted):
            case Ok(updated):
                return Ok(Reset(updated, delete_all_session_tokens(updated)))
            case Error(refused):
                return Error(refused)


def _known_as(login: object) -> User | None:
    """By the address first: a username that looks like another's address must not stand in its way."""
    if isinstance(login, str) and User.mail_error(login) is None:
        owner = repo.one_of(ASKING, ASKING.select().where(func.lower(User.email) == login.lower()))
        if owner is not None:
            return owner
    return get_user_by(username=login)


def _look_up(token: object, purpose: Purpose) -> tuple[User, str] | None:
    found = repo.one_of(LINK, MailToken.token_query(token, purpose))
    user = get_user(found.user_id) if found else None
    return (user, found.sent_to) if found and user else None


def _use(token: object, purpose: Purpose) -> tuple[User, str] | None:
    """End a token, inside a transaction; None when it is good for nothing.

    The user's row is held meanwhile: of two links used at once, the second finds itself void.
    """
    found = repo.one_of(LINK, MailToken.token_query(token, purpose))
    user = repo.one_of(ASKING, _HELD, {"id": found.user_id}) if found else None
    still = repo.one_of(LINK, MailToken.token_query(token, purpose)) if user else None
    if user is None or still is None or repo.run(MailToken.end(MailToken.id == still.id)) == 0:
        return None
    return user, still.sent_to


def _issue(user: User, purpose: Purpose, address: str) -> Ok[Link] | Error[Refusal]:
    """A new token, unless there were too many. A new wish for an address ends the earlier ones."""
    with repo.transaction():
        holder = repo.one_of(ASKING, _HELD, {"id": user.id})
        repo.lock(zlib.crc32(address.lower().encode()), space=_ADDRESS_LOCKS)
        if holder is None or _too_often(user, purpose, address):
            return Error("too_many")
        repo.run(MailToken.expiry(user))
        if purpose == "confirm":
            repo.run(MailToken.end(MailToken.user_id == user.id, MailToken.purpose == purpose))
        token, row, made_there = MailToken.build(user, purpose, address)
        wanted = change(row)
        for name, value in made_there.items():
            wanted = wanted.put_change(name, value)
        repo.insert(wanted)
    return Ok(Link(user, address, token))


def _too_often(user: User, purpose: Purpose, address: str) -> bool:
    by_user = MailToken.recent_query(purpose, MailToken.user_id == user.id)
    to_address = MailToken.recent_query(purpose, MailToken.to(address))
    return repo.count(by_user) >= MAX_MAILS or repo.count(to_address) >= MAX_MAILS


def _too_many() -> str:
    return message("was sent too many mails; try again in an hour")
