"""Who is asking: log-in, log-out, and the guard in front of members' pages.

The signed cookie carries a random token; its hash is a row of `user_tokens`. So a log-out ends the session
for every copy of the cookie, and log-in leaves nothing of an earlier session behind (session fixation).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Final
from urllib.parse import urlsplit

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from rumbl_core import accounts
from rumbl_web import audit, devices, flash
from rumbl_web.gettext import gettext, noop

log = logging.getLogger(__name__)

TEST_USER_KEY: Final = (
    "rumbl.test.current_user"  # a WSGI key; headers from the network become HTTP_* keys only
)
MUST_LOG_IN: Final = noop("You must be logged in to access that page")
_SESSION_KEY: Final = "user_token"
_LOCAL_PATH = re.compile(r"\A/(?![/\\])[^\\\s\x00-\x20\x7f]{0,1999}\Z")

Action = Callable[..., ResponseReturnValue]


def fetch_current_user() -> None:
    """Put the user of this session, or None, in `g.current_user`. A test's own user comes first."""
    given = request.environ.get(TEST_USER_KEY)
    g.current_user = given if given is not None else _user_of_session()


def current_user() -> accounts.User | None:
    """The user of the request in progress; None for a guest, and outside of pages."""
    user: accounts.User | None = g.get("current_user")
    return user


def log_in(user: accounts.User) -> None:
    """Start a new session for `user`; the old one, if any, ends here. Raises NotFound, see accounts."""
    _end_session()
    session[_SESSION_KEY] = accounts.create_session_token(user, _device())
    session.permanent = True
    g.current_user = user
    audit.tell("login", user_id=user.id)


def log_out() -> None:
    """End the session: its token is deleted and its live sockets are closed."""
    audit.tell("logout", user_id=getattr(current_user(), "id", None))
    _end_session()
    g.current_user = None


def session_ref() -> str | None:
    """Public id of this session, the same that its live sockets carry; None for a guest."""
    token = session_token()
    return None if token is None else accounts.session_ref(token)


def session_token() -> str | None:
    """The secret of this session; None for a guest."""
    token = session.get(_SESSION_KEY)
    return token if isinstance(token, str) else None


def disconnect(refs: Iterable[str]) -> None:
    """Close the live sockets of sessions that have ended."""
    for ref in refs:
        current_app.extensions["rumbl_web"].disconnect(ref)


def authenticate_user(action: Action) -> Action:
    """Guard `action`: a guest goes to the home page with a notice; a member is its first argument.

    So does a member whose account was deleted during the action, if that is what made the action fail.
    """

    @wraps(action)
    def guarded(**path: str) -> ResponseReturnValue:
        user = current_user()
        if user is None:
            return _turn_away("guest")
        try:
            return action(user, **path)
        except Exception:
            if not _has_lost_its_user():
                raise
            log.warning("the account of this request was deleted meanwhile", exc_info=True)
            return _turn_away("account_gone")

    return guarded


def local_path(value: str | None) -> str | None:
    """`value` if it is a path on this site, else None: never a way to another one (open redirect)."""
    if not value or not _LOCAL_PATH.match(value):
        return None
    parts = urlsplit(value)
    return None if parts.scheme or parts.netloc else value


def _turn_away(reason: str) -> ResponseReturnValue:
    audit.tell("access_refused", reason=reason, endpoint=request.endpoint)
    flash.put("error", gettext(MUST_LOG_IN))
    return redirect(url_for("page.index"))


def _has_lost_its_user() -> bool:
    """Whether this request came with a session, and the account behind it is no more."""
    user = current_user()
    return _SESSION_KEY in session and user is not None and accounts.get_user(user.id) is None


def _user_of_session() -> accounts.User | None:
    token = session.get(_SESSION_KEY)
    return accounts.get_user_by_session_token(token) if isinstance(token, str) else None


def _device() -> accounts.Device:
    agent = request.headers.get("user-agent", "")
    address = devices.shortened(request.remote_addr)
    return accounts.Device(devices.browser(agent), devices.system(agent), address)


def _end_session() -> None:
    token, ref = session.get(_SESSION_KEY), session_ref()
    session.clear()  # its forgery secret goes with it
    if ref is not None:
        accounts.delete_session_token(token)
        current_app.extensions["rumbl_web"].disconnect(ref)
