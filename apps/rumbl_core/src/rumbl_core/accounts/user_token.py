"""Tokens of sessions: the browser has the token, the database only its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Delete,
    ForeignKey,
    LargeBinary,
    Select,
    bindparam,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from rumbl_core.accounts.user import User
from rumbl_core.schema import Schema, now

VALIDITY: Final = timedelta(days=60)
"""Longest life of a session; the web may end it sooner."""
_TOKEN_BYTES: Final = 32
_MAX_TOKEN_LENGTH: Final = 64
_REFERENCE_BYTES: Final = 12
_REFERENCE: Final = re.compile(rf"[0-9a-f]{{{2 * _REFERENCE_BYTES}}}")


class UserToken(Schema):
    """One session of a user."""

    __tablename__ = "user_tokens"

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    user: Mapped[User] = relationship(lazy="raise")

    @staticmethod
    def build(user: User) -> tuple[str, UserToken]:
        """A new random token for the browser, and its row."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        return token, UserToken(user_id=user.id, token_hash=digest(token))

    @staticmethod
    def session_query(public: object) -> Select[UserToken]:
        """The session of a public name, while it is valid; the unique index serves its prefix."""
        first = bytes.fromhex(public) if isinstance(public, str) and _REFERENCE.fullmatch(public) else b""
        last = first + b"\xff" * (hashlib.sha256().digest_size - len(first))
        return select(UserToken).where(
            UserToken.token_hash.between(first or last, last), UserToken.inserted_at > now() - VALIDITY
        )

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
        valid = UserToken.token_hash.between(first, last) & (UserToken.inserted_at > now() - VALIDITY)
        return select(first).where(select(UserToken.id).where(valid).exists())

    @staticmethod
    def of_user(user: User) -> Select[UserToken]:
        """All sessions of a user."""
        return select(UserToken).where(UserToken.user_id == user.id)

    @staticmethod
    def deletion(token: object) -> Delete:
        """Deletes the row of a token."""
        return delete(UserToken).where(UserToken.token_hash == digest(token))

    @staticmethod
    def expiry(user: User) -> Delete:
        """Deletes what is left of a user's expired sessions."""
        return delete(UserToken).where(
            UserToken.user_id == user.id, UserToken.inserted_at <= now() - VALIDITY
        )


USER_OF_TOKEN: Final = (
    select(User)
    .join(UserToken, UserToken.user_id == User.id)
    .where(UserToken.token_hash == bindparam("token_hash"), UserToken.inserted_at > bindparam("since"))
)
"""Built once: every page of a member asks for it, with the parameters of `valid_token`."""


def valid_token(token: object) -> dict[str, object]:
    """What finds the user of a token that is still valid."""
    return {"token_hash": digest(token), "since": now() - VALIDITY}


def digest(token: object) -> bytes:
    """SHA-256 of a token; of nothing if it can't be one. A random token needs no salt and no slow hash."""
    usable = isinstance(token, str) and len(token) <= _MAX_TOKEN_LENGTH
    return hashlib.sha256(str(token).encode(errors="replace") if usable else b"").digest()


def reference(token_hash: bytes) -> str:
    """Public name of a session: tells nothing about the token."""
    return token_hash[:_REFERENCE_BYTES].hex()
