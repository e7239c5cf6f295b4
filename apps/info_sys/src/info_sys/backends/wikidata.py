"""Wikidata: what kind of thing a name stands for, in a few words."""

from __future__ import annotations

from typing import Final

from info_sys.http_client import Request
from info_sys.question import is_of_the_world, subject
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

SCORE: Final = 55
MAX_NAME: Final = 100
PAGE: Final = "https://www.wikidata.org/wiki"


class Wikidata(WebBackend):
    """Asks the search for entities (wbsearchentities)."""

    name = "wikidata"
    title = "Wikidata"
    about = "what a name stands for, in a few words"
    kinds = ("fact",)
    bangs = ("wd",)
    licence = "CC0 1.0"
    per_minute = 200.0
    endpoint = "https://www.wikidata.org/w/api.php"

    def matches(self, query: str) -> bool:
        """Questions about a thing by its name."""
        return is_of_the_world(query) and 0 < len(subject(query)) <= MAX_NAME and subject(query) != query

    def request(self, query: str) -> Request:
        """The best match, described in English."""
        return Request(
            self.endpoint,
            {
                "action": "wbsearchentities",
                "search": subject(query)[:MAX_NAME],
                "language": "en",
                "type": "item",
                "limit": "1",
                "format": "json",
            },
        )

    def read(self, reply: Reply, query: str) -> list[Result]:
        """One result, if the thing is described at all."""
        found = [(item["id"], item["label"], item.get("description")) for item in reply.json()["search"]]
        return [
            self.result(SCORE, f"{label}: {described}", f"{PAGE}/{number}")
            for number, label, described in found[:1]
            if described
        ]
