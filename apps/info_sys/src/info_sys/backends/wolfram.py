"""Wolfram Alpha: what its full-results API says under "Result" or "Definitions".

The request carries the question to a third party, so only what looks like a question is sent. The answer is
XML from the network: size and time are bounded by the HTTP client, document types and entities are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from info_sys.http_client import Request
from info_sys.question import is_question
from info_sys.reply import Reply
from info_sys.result import Result
from info_sys.web_backend import KeyedBackend

SCORE: Final = 95
KEY: Final = "WOLFRAM_APP_ID"
PAGE: Final = "https://www.wolframalpha.com/input"


class Wolfram(KeyedBackend):
    """Asks Wolfram Alpha. Another `http_client` or `endpoint` is for tests."""

    name = "wolfram"
    title = "Wolfram Alpha"
    about = "sums, quantities and facts, computed"
    kinds = ("sum", "fact", "definition")
    bangs = ("wa",)
    needs = (KEY,)
    licence = "Wolfram Alpha terms of use"
    endpoint = "https://api.wolframalpha.com/v2/query"
    key_is = "app id of your account"

    def matches(self, query: str) -> bool:
        """A short line that asks or reckons. "nice goal!" is nobody's business but the room's."""
        return is_question(query)

    def request(self, query: str) -> Request:
        """Of the full-results API, version 2."""
        return Request(self.endpoint, {"appid": self._key, "input": query, "format": "plaintext"}, "text/xml")

    def read(self, reply: Reply, query: str) -> list[Result]:
        """One result or none. Raises ValueError for what is no answer of Wolfram's."""
        root = reply.xml()
        if root.tag != "queryresult":
            raise ValueError("no answer of Wolfram's")
        text = next((text for text in _texts(root) if text.strip()), None)
        return [] if text is None else [self.result(SCORE, text, f"{PAGE}?{urlencode({'i': query})}")]


def _texts(root: Element) -> Iterator[str]:
    for pod in root.findall("pod"):
        title = pod.get("title", "")
        if "Result" in title or "Definitions" in title:
            yield from (plain.text or "" for plain in pod.findall("subpod/plaintext"))
