"""The socket of a viewer: who is it, and may they connect."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from rumbl_core import accounts
from rumbl_web import gettext
from rumbl_web.channels.video_channel import VideoChannel
from rumbl_web.phoenix import token
from rumbl_web.phoenix.channel import Channel
from rumbl_web.phoenix.socket import Connected, ConnectInfo, Refused, Socket

SALT = "user socket"
MAX_AGE_S = 14 * 24 * 60 * 60
"""Two weeks, as in the book."""

SESSIONS = "sessions_socket:"
"""How the disconnect topic of a login begins; its public name follows."""

EXPIRIES = "expiries_socket:"
"""How the disconnect topic of all sockets begins whose tokens expire within the same EXPIRY_STEP_S."""
EXPIRY_STEP_S = 120


def user_token(secret: str, user_id: object, session: str | None = None) -> str:
    """Sign what a logged-in page hands to the socket. `session` ties it to one login."""
    data = user_id if session is None else {"user_id": user_id, "session": session}
    return token.sign(secret, SALT, data)


def guest_token(secret: str) -> str:
    """Sign what a visitor's page hands to the socket: read along, post nothing."""
    return token.sign(secret, SALT, {"guest": True})


class UserSocket(Socket):
    """Connects whoever holds a token of ours: users by id, visitors as guests."""

    channels: ClassVar[Mapping[str, type[Channel]]] = {"videos:*": VideoChannel}

    def connect(self, params: Mapping[str, Any], info: ConnectInfo) -> Connected | Refused:
        """Verify `token`; a token of a session that was logged out is refused like a forged one."""
        match token.verify(info.secret, SALT, params.get("token"), max_age_s=MAX_AGE_S):
            case token.Verified(value, signed_at):
                who = self._who(value)
                if who is None:
                    return Refused()
                return Connected({**who, **_language(params)}, (expiry_topic(signed_at),))
            case _:
                return Refused()

    def id(self, assigns: Mapping[str, Any]) -> str | tuple[str, ...] | None:
        """Topics on which a "disconnect" ends this socket: its user's, and its login's."""
        if assigns["user_id"] is None:
            return None
        user = users_topic(assigns["user_id"])
        session = assigns.get("session")
        return user if session is None else (user, session_topic(session))

    @staticmethod
    def _who(value: Any) -> dict[str, Any] | None:
        """The assigns of who holds a token of this value; None if its session has ended."""
        match value:
            case {"guest": True}:
                return {"user_id": None}
            case {"user_id": user_id, "session": session}:
                return {"user_id": user_id, "session": session} if accounts.session_alive(session) else None
            case user_id:
                return {"user_id": user_id}


def _language(params: Mapping[str, Any]) -> dict[str, str]:
    """The assign for a page that is not in English: its refusals are told in its language."""
    code = params.get("language")
    known = isinstance(code, str) and code in gettext.LANGUAGES and code != gettext.SOURCE
    return {"language": sys.intern(str(code))} if known else {}


def users_topic(user_id: object) -> str:
    """The disconnect topic of all sockets of a user."""
    return f"users_socket:{user_id}"


def session_topic(session: str) -> str:
    """The disconnect topic of all sockets of one login."""
    return f"{SESSIONS}{session}"


def expiry_topic(signed_at: float) -> str:
    """The disconnect topic of all sockets whose tokens expire in the same minutes; they share the string."""
    return sys.intern(f"{EXPIRIES}{math.ceil((signed_at + MAX_AGE_S) / EXPIRY_STEP_S)}")


def expiry_has_passed(topic: str, now: float) -> bool:
    """Whether the tokens of an expiry topic have all expired at `now` (Unix seconds)."""
    return int(topic.removeprefix(EXPIRIES)) * EXPIRY_STEP_S <= now
