"""Opening a link of a mail: its token goes from the address into the session at once.

So no page has it in its address, and nothing more happens: programs that scan mails open links too.

    LINK = MailedLink("reset_token", "reset.edit")
    answer = LINK.open(token)  # leads on to the page, which asks LINK.token()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

MAX_TOKEN: Final = 64  # characters: a cookie holds little


@dataclass(frozen=True, slots=True)
class MailedLink:
    """The links of one purpose: where their token is kept, and the endpoint of the page that they lead to."""

    key: str
    page: str

    def open(self, token: str) -> ResponseReturnValue:
        """Remember the token and go on to the page."""
        session[self.key] = token[:MAX_TOKEN]
        answer = redirect(url_for(self.page))
        answer.headers["referrer-policy"] = "no-referrer"
        return answer

    def token(self) -> str | None:
        """The token that this browser came with."""
        return session.get(self.key)

    def forget(self) -> None:
        """The token is used, or good for nothing."""
        session.pop(self.key, None)
