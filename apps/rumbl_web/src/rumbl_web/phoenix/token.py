"""Signed tokens: who holds one was given it by this site, for this purpose, not too long ago.

The data can be read by everybody who sees the token; it only can't be changed. The salt names the purpose: a
token signed with one salt is invalid under any other. Data keep their JSON type (an integer id stays one).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Literal

from itsdangerous import BadData, URLSafeTimedSerializer

DAY_S: Final = 86_400
SKEW_S: Final = 60
_MAX_TOKEN: Final = 4096
_SIGNER: Final = {"digest_method": sha256, "key_derivation": "hmac"}


@dataclass(frozen=True, slots=True)
class Verified:
    """The token is good; `value` is what was signed, `signed_at` when (Unix seconds)."""

    value: Any
    signed_at: float = field(default=0.0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Error:
    """The token is not good."""

    reason: Literal["missing", "invalid", "expired"]


class Secret(str):
    """A site's secret that knows the ones it has replaced: what they have signed is still good.

    >>> verify(Secret("new", older=("old",)), "user socket", sign("old", "user socket", 7))
    Verified(value=7)
    """

    older: tuple[str, ...]

    def __new__(cls, value: str, older: tuple[str, ...] = ()) -> Secret:
        """The secret of today, and the older ones."""
        made = super().__new__(cls, value)
        made.older = older
        return made


def sign(secret: str, salt: str, data: object) -> str:
    """Sign `data` (any JSON value) for the purpose `salt`.

    >>> verify("secret", "user socket", sign("secret", "user socket", 7))
    Verified(value=7)
    """
    return str(_serializer(secret, salt).dumps(data))


def verify(secret: str, salt: str, token: object, max_age_s: int | None = DAY_S) -> Verified | Error:
    """Check `token`, which may be anything a client sent; `max_age_s` None: it never expires.

    The clock of the node that signed it may be `SKEW_S` ahead of this one's.

    >>> verify("secret", "user socket", "1313")
    Error(reason='invalid')
    """
    if token is None or token == "":
        return Error("missing")
    if not isinstance(token, str) or len(token) > _MAX_TOKEN:
        return Error("invalid")
    signed = _read(secret, salt, token)
    if signed is None:
        return Error("invalid")
    value, signed_at = signed
    age_s = time.time() - signed_at
    if age_s < -SKEW_S:
        return Error("invalid")
    if max_age_s is not None and age_s > max_age_s:
        return Error("expired")
    return Verified(value, signed_at)


def _read(secret: str, salt: str, token: str) -> tuple[Any, float] | None:
    """What was signed, and when; None if none of the site's secrets signed it."""
    for one in (str(secret), *(secret.older if isinstance(secret, Secret) else ())):
        try:
            value, signed_at = _serializer(one, salt).loads(token, return_timestamp=True)
        except BadData:
            continue
        return value, signed_at.timestamp()
    return None


@lru_cache(maxsize=32)  # a site has a few secrets and a few salts
def _serializer(secret: str, salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=salt, signer_kwargs=_SIGNER)
