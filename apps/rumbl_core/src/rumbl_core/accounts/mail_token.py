"""Tokens of mailed links: the mail has the token, the database only its hash.

A token is good once, for its purpose and a time, and only while the account's password and mail address are
those that it was made for: whoever changes one of them, in whatever way, makes every earlier link void.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Delete,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Update,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from rumbl_core.accounts.user import MAX_EMAIL, User
from rumbl_core.accounts.user_token import digest
from rumbl_core.excerpt import Excerpt
from rumbl_core.schema import Schema, now

Purpose = Literal["confirm", "reset"]

VALIDITY: Final[dict[Purpose, timedelta]] = {"confirm": timedelta(days=7), "reset": timedelta(hours=1)}
"""How long a link works."""
WINDOW: Final = timedelta(hours=1)
"""The time in which mails are counted."""
_TOKEN_BYTES: Final = 32


class MailToken(Schema):
    """One link in one mail. A row outlives its token for a while, so that mails can be counted."""

    __tablename__ = "mail_tokens"

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    purpose: Mapped[Purpose] = mapped_column(String(16))
    sent_to: Mapped[str] = mapped_column(String(MAX_EMAIL))
    bound_to: Mapped[bytes] = mapped_column(LargeBinary)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime)

    __table_args__ = (Index("mail_tokens_sent_to_index", text("lower(sent_to)")),)

    @staticmethod
    def build(user: User, purpose: Purpose, address: str) -> tuple[str, MailToken, dict[str, Any]]:
        """A new random token for the mail, its row, and what the database has to fill in."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = MailToken(user_id=user.id, token_hash=digest(token), purpose=purpose, sent_to=address)
        bound_to = select(_state()).where(User.id == user.id).scalar_subquery()
        return token, row, {"bound_to": bound_to}

    @staticmethod
    def query(purpose: Purpose) -> Select[*tuple[Any, ...]]:
        """All tokens of a purpose that are still good, as `LINK` makes them."""
        return (
            LINK.select()
            .join(User, User.id == MailToken.user_id)
            .where(
                MailToken.purpose == purpose,
                MailToken.ended_at.is_(None),
                MailToken.inserted_at > now() - VALIDITY[purpose],
                MailToken.bound_to == _state(),
            )
        )

    @staticmethod
    def token_query(token: object, purpose: Purpose) -> Select[*tuple[Any, ...]]:
        """The row of a token that is still good."""
        return MailToken.query(purpose).where(MailToken.token_hash == digest(token))

    @staticmethod
    def newest_query(user: User, purpose: Purpose) -> Select[*tuple[Any, ...]]:
        """The last link of a user that is still good."""
        mine = MailToken.query(purpose).where(MailToken.user_id == user.id)
        return mine.order_by(MailToken.id.desc()).limit(1)

    @staticmethod
    def recent_query(purpose: Purpose, who: ColumnElement[bool]) -> Select[MailToken]:
        """The mails of an hour, whatever became of their links."""
        return select(MailToken).where(
            MailToken.purpose == purpose, MailToken.inserted_at > now() - WINDOW, who
        )

    @staticmethod
    def to(address: str) -> ColumnElement[bool]:
        """The condition that a mail went to this address."""
        return func.lower(MailToken.sent_to) == address.lower()

    @staticmethod
    def end(*which: ColumnElement[bool]) -> Update:
        """Ends tokens that have not ended yet."""
        return update(MailToken).where(MailToken.ended_at.is_(None), *which).values(ended_at=now())

    @staticmethod
    def expiry(user: User) -> Delete:
        """Deletes what nobody needs any more: neither as a link nor to count."""
        rows = or_(
            *(
                (MailToken.purpose == purpose) & (MailToken.inserted_at <= now() - max(validity, WINDOW))
                for purpose, validity in VALIDITY.items()
            )
        )
        return delete(MailToken).where(MailToken.user_id == user.id, rows)


LINK: Final = Excerpt(MailToken)


def _state() -> ColumnElement[bytes]:
    """What a token is bound to, made of the user's row by the database."""
    parts = (func.coalesce(column, "") for column in (User.password_hash, User.email))
    return func.sha256(func.convert_to(func.concat_ws("|", User.id, *parts), "UTF8"))
