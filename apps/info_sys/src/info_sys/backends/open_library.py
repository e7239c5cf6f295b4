"""Open Library: who wrote a book, and when it first came out."""

from __future__ import annotations

import re
from typing import Final

from info_sys.http_client import Request
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

SCORE: Final = 78
MAX_TITLE: Final = 100
PAGE: Final = "https://openlibrary.org"

_ASKING: Final = re.compile(
    r"(?:who\s+(?:wrote|is\s+the\s+author\s+of)|author\s+of|when\s+was)\s+(?P<title>[^?\n]{1,100}?)"
    r"(?:\s+(?:written|published))?\s*[?.!]?",
    re.IGNORECASE,
)
_WHEN: Final = re.compile(r"when\s+was\s.*\s(?:written|published)\s*[?.!]?", re.IGNORECASE)


class OpenLibrary(WebBackend):
    """Asks the search for books."""

    name = "open_library"
    title = "Open Library"
    about = "who wrote a book, and when"
    kinds = ("book",)
    bangs = ("book",)
    licence = "CC0 1.0"
    per_minute = 60.0
    endpoint = "https://openlibrary.org/search.json"

    def matches(self, query: str) -> bool:
        """ "who wrote Dune?", "when was Dune published?"."""
        text = query.strip()
        if len(text) > MAX_TITLE + 40 or not _ASKING.fullmatch(text):
            return False
        return not text.lower().startswith("when") or _WHEN.fullmatch(text) is not None

    def request(self, query: str) -> Request:
        """The best match by its title."""
        fields = "key,title,author_name,first_publish_year"
        return Request(self.endpoint, {"title": _title(query), "limit": "1", "fields": fields})

    def read(self, reply: Reply, query: str) -> list[Result]:
        """One result: title, authors, year."""
        return [
            self.result(SCORE, _line(book), PAGE + book["key"])
            for book in reply.json()["docs"][:1]
            if book.get("author_name")
        ]


def _title(query: str) -> str:
    found = _ASKING.fullmatch(query.strip())
    return (found["title"] if found else query).strip()[:MAX_TITLE]


def _line(book: dict[str, object]) -> str:
    authors = book["author_name"]
    names = ", ".join(map(str, authors[:3])) if isinstance(authors, list) else str(authors)
    year = book.get("first_publish_year")
    return f"{book['title']} by {names}" + (f", first published in {year}" if year else "")
