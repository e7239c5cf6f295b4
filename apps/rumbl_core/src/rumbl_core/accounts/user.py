"""A user: the row, and what may be written to it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from rumbl_core import backend_seeds, casts, password
from rumbl_core.changeset import Changeset, cast
from rumbl_core.message import message
from rumbl_core.schema import Schema

PEOPLE: Final = "rumbl_fold((users.username || ' ') || coalesce(users.name, ''))"
"""What people are searched by, exactly as the index has it: no name is so long that it hides the username."""

MAX_EMAIL: Final = 254
"""Characters of a mail address, as much as a path of SMTP holds (RFC 5321, erratum 1690)."""
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What the mail field of HTML takes. Only ASCII: two addresses that fold into one would be one person's risk.
_EMAIL: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")


class User(Schema):
    """Somebody with a name, or the voice of a backend (without a password: nobody logs in as it)."""

    __tablename__ = "users"
    casts = {"name": casts.line, "username": casts.line, "password": casts.text, "email": casts.line}

    name: Mapped[str | None] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(MAX_EMAIL))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime)
    updated_at: Mapped[datetime] = mapped_column(DateTime)

    __table_args__ = (
        Index("users_username_index", text("lower(username)"), unique=True),
        Index("users_email_index", text("lower(email)"), unique=True),
        Index("users_name_key_index", text("left(rumbl_fold(name), 64)"), "id"),
        Index("users_search_index", text(f"rumbl_ngrams({PEOPLE}, 1)"), postgresql_using="gin"),
    )

    @staticmethod
    def changeset(user: User, attrs: object) -> Changeset[User]:
        """Profile: name and username, both required. What makes usernames look alike is refused."""
        return (
            cast(user, attrs, ("name", "username"))
            .validate_required("name", "username")
            .validate_length("name", max=255, max_code_points=255)
            .validate_length("username", min=1, max=backend_seeds.MAX_USERNAME)
            .validate_change("username", _refuse_look_alike)
            .unique_constraint("username", "users_username_index")
        )

    @staticmethod
    def registration_changeset(user: User, attrs: object) -> Changeset[User]:
        """Profile and password. The password is hashed only if nothing else is wrong, and then forgotten."""
        return User._with_password(User.profile_changeset(user, attrs), attrs)

    @staticmethod
    def profile_changeset(user: User, attrs: object) -> Changeset[User]:
        """What people may change of themselves: a name of rumbl itself can't be taken."""
        return User.changeset(user, attrs).validate_change("username", _refuse_reserved)

    @staticmethod
    def new_password_changeset(user: User, attrs: object, *, proven: bool) -> Changeset[User]:
        """Another password, by whoever has proven to know the one of today."""
        changeset = Changeset(user)
        if not proven:
            changeset = changeset.add_error("current_password", message("is not your password"))
        rules = _password_rules(changeset, attrs)
        return _put_password_hash(rules.validate_change("password", _refuse_common))

    @staticmethod
    def password_changeset(user: User, attrs: object) -> Changeset[User]:
        """A new password, hashed only if nothing is wrong with it."""
        return User.new_password_changeset(user, attrs, proven=True)

    @staticmethod
    def mail_changeset(user: User, attrs: object) -> Changeset[User]:
        """Another mail address, which is not written before it is confirmed."""
        changeset = cast(user, attrs, ("email",)).validate_required("email")
        if changeset.valid and "email" not in changeset.changes:
            return changeset.add_error("email", message("is your address already"))
        return changeset.validate_change("email", User.mail_error)

    @staticmethod
    def mail_error(address: str) -> str | None:
        """What is wrong with a mail address. Whether there is such a box only a mail can tell."""
        usable = len(address) <= MAX_EMAIL and _EMAIL.fullmatch(address)
        return None if usable else message("must be a mail address, like ana@example.org")

    @staticmethod
    def _with_password(changeset: Changeset[User], attrs: object) -> Changeset[User]:
        return _put_password_hash(_password_rules(changeset, attrs))


def _password_rules(changeset: Changeset[User], attrs: object) -> Changeset[User]:
    return (
        changeset.cast(attrs, ("password",))
        .validate_required("password")
        .validate_length("password", min=6, max=password.MAX_LENGTH)
    )


def _put_password_hash(changeset: Changeset[User]) -> Changeset[User]:
    typed = changeset.changes.get("password")
    if not changeset.valid or typed is None:
        return changeset
    hashed = password.hash_password(typed)
    return changeset.delete_change("password").put_change("password_hash", hashed)


def _refuse_look_alike(username: str) -> str | None:
    if username != username.strip():
        return message("must not begin or end with a space")
    return message("has an invisible character") if casts.has_invisible(username) else None


def _refuse_common(typed: str) -> str | None:
    return message("is one of the passwords that are tried first") if password.common(typed) else None


def _refuse_reserved(username: str) -> str | None:
    return message("is reserved") if backend_seeds.reserved(username) else None
