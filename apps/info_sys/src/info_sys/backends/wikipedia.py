"""Wikipedia: the first paragraph of the article that a question is about.

By the REST API of Wikimedia (page/summary); a title that does not exist answers 404, one that stands for
several things a page of the type "disambiguation", which is no answer.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from info_sys.http_client import Request
from info_sys.question import is_of_the_world, subject
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

SCORE: Final = 70
MAX_TITLE: Final = 100


class Wikipedia(WebBackend):
    """Asks the English Wikipedia."""

    name = "wikipedia"
    title = "Wikipedia"
    about = "who and what is this: the beginning of an article"
    kinds = ("fact",)
    bangs = ("wiki", "w")
    licence = "CC BY-SA 4.0"
    per_minute = 200.0
    endpoint = "https://en.wikipedia.org/api/rest_v1/page/summary"

    def matches(self, query: str) -> bool:
        """Questions about a thing by its name."""
        return is_of_the_world(query) and 0 < len(subject(query)) <= MAX_TITLE and subject(query) != query

    def request(self, query: str) -> Request:
        """The summary of the page with that title, also behind a redirect of the encyclopedia."""
        about = subject(query)[:MAX_TITLE].replace(" ", "_")
        title = quote(about[:1].upper() + about[1:], safe="")
        return Request(f"{self.endpoint}/{title}", {"redirect": "true"})

    def read(self, reply: Reply, query: str) -> list[Result]:
        """One result, or none for a page without a beginning of its own."""
        page = reply.json()
        extract = page["extract"].strip()
        if page["type"] != "standard" or not extract:
            return []
        return [self.result(SCORE, extract, page["content_urls"]["desktop"]["page"])]
