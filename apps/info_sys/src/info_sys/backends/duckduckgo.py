"""DuckDuckGo's instant answers: a ready answer, or the abstract of the page that it trusts most."""

from __future__ import annotations

from typing import Final

from info_sys.http_client import Request
from info_sys.question import is_of_the_world
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

ANSWER_SCORE: Final = 75
ABSTRACT_SCORE: Final = 65
SEARCH: Final = "https://duckduckgo.com/"


class DuckDuckGo(WebBackend):
    """Asks the instant answer API. What it says of whom is the licence of that page."""

    name = "duckduckgo"
    title = "DuckDuckGo"
    about = "instant answers"
    kinds = ("fact",)
    bangs = ("ddg",)
    licence = "of the page that it names"
    per_minute = 60.0
    endpoint = "https://api.duckduckgo.com/"

    def matches(self, query: str) -> bool:
        """Questions about the world."""
        return is_of_the_world(query)

    def request(self, query: str) -> Request:
        """Without redirects to other pages, and without markup."""
        return Request(self.endpoint, {"q": query, "format": "json", "no_redirect": "1", "no_html": "1"})

    def read(self, reply: Reply, query: str) -> list[Result]:
        """The ready answer, the abstract, both or neither."""
        page = reply.json()
        found = (
            (ANSWER_SCORE, page["Answer"], page["AbstractURL"] or SEARCH),
            (ABSTRACT_SCORE, page["AbstractText"], page["AbstractURL"]),
        )
        return [self.result(score, text, url or None) for score, text, url in found if _is_text(text)]


def _is_text(value: object) -> bool:
    """Some ready answers are objects for its own pages to draw."""
    return isinstance(value, str) and value.strip() != ""
