"""Wolfram Alpha's short answers: one line of plain text, 501 for none. Its keys are its own."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from info_sys.http_client import Request
from info_sys.question import is_question
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import KeyedBackend

SCORE: Final = 94
MAX_ANSWER: Final = 1_000
KEY: Final = "WOLFRAM_SHORT_APP_ID"
PAGE: Final = "https://www.wolframalpha.com/input"


class WolframShort(KeyedBackend):
    """Asks the Short Answers API."""

    name = "wolfram_short"
    title = "Wolfram Alpha short answers"
    about = "the same in one line"
    kinds = ("sum", "fact")
    bangs = ("was",)
    needs = (KEY,)
    licence = "Wolfram Alpha terms of use"
    silent = frozenset({501})
    endpoint = "https://api.wolframalpha.com/v1/result"
    key_is = "app id for that API"

    def matches(self, query: str) -> bool:
        """A short line that asks or reckons."""
        return is_question(query)

    def request(self, query: str) -> Request:
        """Of version 1 of that API."""
        return Request(self.endpoint, {"appid": self._key, "i": query}, "text/plain")

    def read(self, reply: Reply, query: str) -> list[Result]:
        """The line. Raises ValueError for what is no short answer."""
        text = reply.text().strip()
        if len(text) > MAX_ANSWER:
            raise ValueError(f"more than {MAX_ANSWER} characters")
        return [self.result(SCORE, text, f"{PAGE}?{urlencode({'i': query})}")] if text else []
