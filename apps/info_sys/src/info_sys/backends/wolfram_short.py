"""Wolfram Alpha's short answers: one line of plain text, 501 for none. Its keys are its own."""

from __future__ import annotations

import logging
from typing import Final, Self
from urllib.parse import urlencode

from info_sys.backend import Context
from info_sys.http_client import HttpClient, Request
from info_sys.question import is_question
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

log = logging.getLogger(__name__)

SCORE: Final = 94
MAX_ANSWER: Final = 1_000
KEY: Final = "WOLFRAM_SHORT_APP_ID"
PAGE: Final = "https://www.wolframalpha.com/input"


class WolframShort(WebBackend):
    """Asks the Short Answers API with `app_id`."""

    name = "wolfram_short"
    title = "Wolfram Alpha short answers"
    about = "the same in one line"
    kinds = ("sum", "fact")
    bangs = ("was",)
    needs = (KEY,)
    licence = "Wolfram Alpha terms of use"
    silent = frozenset({501})
    endpoint = "https://api.wolframalpha.com/v1/result"

    def __init__(
        self, app_id: str, http_client: HttpClient | None = None, endpoint: str | None = None
    ) -> None:
        super().__init__(http_client, endpoint)
        self._app_id = app_id

    @classmethod
    def create(cls, context: Context) -> Self | None:
        """Off, with one line in the log, without an app id."""
        app_id = context.environment.get(KEY)
        if not app_id:
            log.info("%s is off: set %s to an app id for that API to turn it on", cls.title, KEY)
            return None
        return cls(app_id, context.http_client)

    def matches(self, query: str) -> bool:
        """A short line that asks or reckons."""
        return is_question(query)

    def request(self, query: str) -> Request:
        """Of version 1 of that API."""
        return Request(self.endpoint, {"appid": self._app_id, "i": query}, "text/plain")

    def read(self, reply: Reply, query: str) -> list[Result]:
        """The line. Raises ValueError for what is no short answer."""
        text = reply.text().strip()
        if len(text) > MAX_ANSWER:
            raise ValueError(f"more than {MAX_ANSWER} characters")
        return [self.result(SCORE, text, f"{PAGE}?{urlencode({'i': query})}")] if text else []
