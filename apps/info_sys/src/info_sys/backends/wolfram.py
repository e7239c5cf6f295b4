"""Wolfram Alpha: what its full-results API says under "Result" or "Definitions".

The request carries the question to a third party, so only what looks like a question is sent. The answer is
XML from the network: size and time are bounded by the HTTP client, document types and entities are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from info_sys.backend import Backend, Options
from info_sys.http_client import HttpClient, RequestsClient
from info_sys.result import Result

SCORE: Final = 95
ENDPOINT: Final = "https://api.wolframalpha.com/v2/query"
PAGE: Final = "https://www.wolframalpha.com/input"
MAX_QUESTION: Final = 200

_QUESTION_WORDS: Final = frozenset({"what", "who", "whose", "when", "where", "why", "how", "which"})
_COMMANDS: Final = frozenset(
    {"define", "convert", "calculate", "compute", "solve", "integrate", "simplify", "factor"}
)
# A sum: a digit, a sign (multiplication and division signs too), a digit. 1-2 and 1/2 may be dates or scores.
_SUM: Final = re.compile(r"\d\s{0,3}[+*^=\u00d7\u00f7]\s{0,3}[(\d]|\d\s{1,3}[-/]\s{1,3}[(\d]")


class Wolfram(Backend):
    """Asks Wolfram Alpha with `app_id`. Another `http_client` or `endpoint` is for tests."""

    name = "wolfram"
    title = "Wolfram Alpha"

    def __init__(self, app_id: str, http_client: HttpClient | None = None, endpoint: str = ENDPOINT) -> None:
        self._app_id = app_id
        self._http_client = http_client or RequestsClient()
        self._endpoint = endpoint

    def __repr__(self) -> str:
        return "Wolfram()"

    def matches(self, query: str) -> bool:
        """A short line that asks or reckons. "nice goal!" is nobody's business but the room's."""
        text = query.strip()
        if not text or len(text) > MAX_QUESTION or "\n" in text:
            return False
        if text.endswith("?"):
            return any(map(str.isalnum, text))
        first, _, rest = text.partition(" ")
        word = first.lower().removesuffix("'s")
        asks = rest != "" and not text.endswith("!") and word in _QUESTION_WORDS | _COMMANDS
        return asks or _SUM.search(text) is not None

    def compute(self, query: str, opts: Options) -> list[Result]:
        """One result or none. Raises HttpFailed, or ValueError for what is no answer in XML."""
        text = _first_text(_parsed(self._http_client.request(self._address(query), opts.remaining_s)))
        if text is None:
            return []
        return [Result(SCORE, text, self, f"{PAGE}?{urlencode({'i': query})}")]

    def _address(self, query: str) -> str:
        parameters = {"appid": self._app_id, "input": query, "format": "plaintext"}
        return f"{self._endpoint}?{urlencode(parameters)}"


def _parsed(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(f"no safe XML: {type(error).__name__}") from None
    if root.tag != "queryresult":
        raise ValueError("no answer of Wolfram's")
    return root


def _first_text(root: Element) -> str | None:
    return next((text for text in _texts(root) if text.strip()), None)


def _texts(root: Element) -> Iterator[str]:
    for pod in root.findall("pod"):
        title = pod.get("title", "")
        if "Result" in title or "Definitions" in title:
            yield from (plain.text or "" for plain in pod.findall("subpod/plaintext"))
