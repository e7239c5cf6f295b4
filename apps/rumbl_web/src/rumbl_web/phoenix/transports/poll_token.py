"""The names of long-poll sessions: signed, so that nobody makes one up, and saying on which node it lives.

The socket's own parameter may be called `token` too, as in the book. phoenix.js then sends both, and a poll
with the name of a session that is gone must reach `connect` with the socket's token, not with that name. So
our tokens are known by their shape.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from rumbl_web.phoenix import token

MAX_AGE_S: Final = 14 * token.DAY_S

_SHAPE: Final = "lp~"
_SALT: Final = "long poll session"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session lives: the node's name, and the session's own there."""

    node: str
    session: str


def new(secret: str, node: str) -> str:
    """Return a token that nobody else has."""
    return _SHAPE + token.sign(secret, _SALT, [node, secrets.token_urlsafe(16)])


def is_one(text: str) -> bool:
    """Whether `text` looks like one of our tokens, good or not.

    >>> is_one(new("secret", "node1")), is_one("SFMyNTY.abc")
    (True, False)
    """
    return text.startswith(_SHAPE)


def place(secret: str, text: str) -> Place | None:
    """Return where the session of a token lives; None for one that is forged, too old or none at all."""
    if not is_one(text):
        return None
    match token.verify(secret, _SALT, text.removeprefix(_SHAPE), MAX_AGE_S):
        case token.Verified([str() as node, str() as session]):
            return Place(node, session)
    return None
