"""Tokens of sessions: the browser has the token, the database only its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    ForeignKey,
    LargeBinary,
    Select,
    String,
    Update,
    and_,
    bindparam,
    delete,
    func,
    literal,
    not_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.dml import ReturningDelete

from rumbl_core.accounts.user import User
from rumbl_core.excerpt import Excerpt
from rumbl_core.schema import Schema, now

VALIDITY: Final = timedelta(days=60)
"""Longest life of a session; the web may end it sooner."""
IDLE: Final = timedelta(days=30)
"""How long a session lives that nobody uses."""
SEEN_EVERY: Final = timedelta(minutes=5)
"""How exactly it is known when a session was used last: at most one write in this time."""
_TOKEN_BYTES: Final = 32
_MAX_TOKEN_LENGTH: Final = 64
_REFERENCE_BYTES: Final = 12
_REFERENCE: Final = re.compile(rf"[0-9a-f]{{{2 * _REFERENCE_BYTES}}}")


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session was begun, in words; what is not known is None."""

    browser: str | None = None
    system: str | None = None
    address: str | None = None
    """Only so much of the network address as tells places apart."""


class UserToken(Schema):
    """One session of a user."""

    __tablename__ = "user_tokens"

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    last_seen_at: Mapped[datetime] = mapped_column(DateTime)
    browser: Mapped[str | None] = mapped_column(String(40))
    system: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(64))
    user: Mapped[User] = relationship(lazy="raise")

    @property
    def ref(self) -> str:
        """Public name of the session."""
        return reference(self.token_hash)

    @staticmethod
    def build(user: User, device: Device) -> tuple[str, UserToken]:
        """A new random token for the browser, and its row."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = UserToken(user_id=user.id, token_hash=digest(token), last_seen_at=now())
        row.browser, row.system, row.address = device.browser, device.system, device.address
        return token, row

    @staticmethod
    def valid() -> ColumnElement[bool]:
        """The condition that a session is neither too old nor forgotten."""
        return and_(UserToken.inserted_at > now() - VALIDITY, UserToken.last_seen_at > now() - IDLE)

    @staticmethod
    def seen(token: object) -> Update:
        """Notes that a session is in use, unless that was noted a moment ago."""
        stale = UserToken.last_seen_at <= now() - SEEN_EVERY
        return (
            update(UserToken).where(UserToken.token_hash == digest(token), stale).values(last_seen_at=now())
        )

    @staticmethod
    def session_query(public: object) -> Select[UserToken]:
        """The session of a public name, while it is valid; the unique index serves its prefix."""
        return select(UserToken).where(UserToken.named(public), UserToken.valid())

    @staticmethod
    def named(public: object) -> ColumnElement[bool]:
        """The condition that a session has this public name."""
        first = bytes.fromhex(public) if isinstance(public, str) and _REFERENCE.fullmatch(public) else b""
        last = first + b"\xff" * (hashlib.sha256().digest_size - len(first))
        return UserToken.token_hash.between(first or last, last)

    @staticmethod
    def known_references(refs: Collection[str]) -> list[bytes]:
        """The beginnings of hashes that these public names stand for; what is no name is left out."""
        return [bytes.fromhex(ref) for ref in refs if _REFERENCE.fullmatch(ref)]

    @staticmethod
    def sessions_query(firsts: list[bytes]) -> Select[bytes]:
        """Which of these beginnings belong to valid sessions; the unique index serves each."""
        first = func.unnest(literal(firsts, ARRAY(LargeBinary))).column_valued("first")
        last = first.op("||")(
            literal(b"\xff" * (hashlib.sha256().digest_size - _REFERENCE_BYTES), LargeBinary)
        )
        valid = UserToken.token_hash.between(first, last) & UserToken.valid()
        return select(first).where(select(UserToken.id).where(valid).exists())

    @staticmethod
    def of_user(user: User) -> Select[UserToken]:
        """A user's sessions that are still valid, the one that was used last first."""
        query = select(UserToken).where(UserToken.user_id == user.id, UserToken.valid())
        return query.order_by(UserToken.last_seen_at.desc(), UserToken.id.desc())

    @staticmethod
    def ending(user: User) -> ReturningDelete[bytes]:
        """Deletes sessions of a user, all or those of further conditions, and gives their hashes."""
        return delete(UserToken).where(UserToken.user_id == user.id).returning(UserToken.token_hash)


ASKING: Final = Excerpt(User)
# Built once: every page of a member asks for the first, every log-in for the others.
_VALID: Final = and_(
    UserToken.inserted_at > bindparam("since"), UserToken.last_seen_at > bindparam("seen_since")
)
_OF_TOKEN: Final = UserToken.token_hash == bindparam("token_hash")
USER_OF_TOKEN: Final = (
    ASKING.select()
    .add_columns(UserToken.last_seen_at)
    .join(UserToken, UserToken.user_id == User.id)
    .where(_OF_TOKEN, _VALID)
)
"""The user, whom `ASKING` makes of it, and when the session was seen last; its parameters: `valid_token`."""
DELETION: Final = delete(UserToken).where(_OF_TOKEN)
"""Deletes the row of a token, by its `token_hash`."""
EXPIRY: Final = delete(UserToken).where(UserToken.user_id == bindparam("user_id"), not_(_VALID))
"""Deletes what is left of a user's expired sessions, by the parameters `user_id` and `still_valid`."""


def valid_token(token: object) -> dict[str, object]:
    """What finds the user of a token that is still valid."""
    return {"token_hash": digest(token), **still_valid()}


def still_valid() -> dict[str, object]:
    """Since when sessions are neither too old nor forgotten."""
    return {"since": now() - VALIDITY, "seen_since": now() - IDLE}


def digest(token: object) -> bytes:
    """SHA-256 of a token; of nothing if it can't be one. A random token needs no salt and no slow hash."""
    usable = isinstance(token, str) and len(token) <= _MAX_TOKEN_LENGTH
    return hashlib.sha256(str(token).encode(errors="replace") if usable else b"").digest()


def reference(token_hash: bytes) -> str:
    """Public name of a session: tells nothing about the token."""
    return token_hash[:_REFERENCE_BYTES].hex()
