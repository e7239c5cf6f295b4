"""A dictionary: what an English word means, by the Free Dictionary API."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from info_sys.http_client import Request
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import WebBackend

SCORE: Final = 85
MAX_WORD: Final = 40
MAX_SENSES: Final = 3
PAGE: Final = "https://en.wiktionary.org/wiki"

_ASKING: Final = re.compile(
    r"(?:define|definition of|meaning of|what does)\s+(?:the word\s+)?(?P<word>[^\W\d_][\w' -]{0,39}?)"
    r"(?:\s+means?)?\s*[?.!]?",
    re.IGNORECASE,
)


class Dictionary(WebBackend):
    """Gives the first sense of each part of speech; the words are Wiktionary's."""

    name = "dictionary"
    title = "Dictionary"
    about = "what an English word means"
    kinds = ("definition",)
    bangs = ("define", "dict")
    licence = "CC BY-SA 4.0, Wiktionary"
    per_minute = 60.0
    endpoint = "https://api.dictionaryapi.dev/api/v2/entries/en"

    def matches(self, query: str) -> bool:
        """ "define entropy", "what does ubiquitous mean?"."""
        return len(query) <= 100 and _ASKING.fullmatch(query.strip()) is not None

    def request(self, query: str) -> Request:
        """The entry of the word; after a bang the words are all of it."""
        return Request(f"{self.endpoint}/{quote(_word(query), safe='')}")

    def read(self, reply: Reply, query: str) -> list[Result]:
        """One result with a line per part of speech."""
        senses = [
            f"{meaning['partOfSpeech']}: {meaning['definitions'][0]['definition']}"
            for entry in reply.json()
            for meaning in entry["meanings"]
            if meaning["definitions"]
        ][:MAX_SENSES]
        page = f"{PAGE}/{quote(_word(query), safe='')}"
        return [self.result(SCORE, "\n".join(senses), page)] if senses else []


def _word(query: str) -> str:
    found = _ASKING.fullmatch(query.strip())
    return (found["word"] if found else query).strip().lower()[:MAX_WORD]
