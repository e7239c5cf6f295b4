"""For each source a question, the reply in the source's documented format, and the answer in it.

Written by hand from the formats' documentation, not recorded.
"""

from __future__ import annotations

import json

from info_sys.backends.dictionary import Dictionary
from info_sys.backends.duckduckgo import DuckDuckGo
from info_sys.backends.open_library import OpenLibrary
from info_sys.backends.wikidata import Wikidata
from info_sys.backends.wikipedia import Wikipedia
from info_sys.backends.wolfram import Wolfram
from info_sys.backends.wolfram_short import WolframShort
from info_sys.testing import NO_ANSWER, wolfram_xml
from info_sys.testing_contract import Sample

JSON = "application/json; charset=utf-8"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


SAMPLES = [
    Sample(
        Wolfram,
        "1 + 1",
        wolfram_xml(),
        "2",
        "text/xml;charset=utf-8",
        "https://www.wolframalpha.com/input?i=1+%2B+1",
        "https://api.wolframalpha.com/v2/query?appid=KEY&input=1+%2B+1&format=plaintext",
        NO_ANSWER,
        arguments=("KEY",),
    ),
    Sample(
        WolframShort,
        "how far is the moon?",
        b"about 370,000 kilometers",
        "about 370,000 kilometers",
        "text/plain;charset=utf-8",
        "https://www.wolframalpha.com/input?i=how+far+is+the+moon%3F",
        "https://api.wolframalpha.com/v1/result?appid=KEY&i=how+far+is+the+moon%3F",
        b"",
        arguments=("KEY",),
    ),
    Sample(
        Wikipedia,
        "who was Ada Lovelace?",
        _json(
            {
                "type": "standard",
                "title": "Ada Lovelace",
                "extract": "Ada Lovelace wrote about the Analytical Engine.",
                "content_urls": {"desktop": {"page": "https://en.wikipedia.org/wiki/Ada_Lovelace"}},
            }
        ),
        "Ada Lovelace wrote about the Analytical Engine.",
        JSON,
        "https://en.wikipedia.org/wiki/Ada_Lovelace",
        "https://en.wikipedia.org/api/rest_v1/page/summary/Ada_Lovelace?redirect=true",
        _json({"type": "disambiguation", "title": "Ada", "extract": "Ada may refer to:"}),
    ),
    Sample(
        Wikidata,
        "what is a black hole?",
        _json({"search": [{"id": "Q589", "label": "black hole", "description": "astronomical object"}]}),
        "black hole: astronomical object",
        JSON,
        "https://www.wikidata.org/wiki/Q589",
        "https://www.wikidata.org/w/api.php?action=wbsearchentities&search=black+hole&language=en&type=item"
        "&limit=1&format=json",
        _json({"search": []}),
    ),
    Sample(
        Dictionary,
        "define Entropy",
        _json(
            [
                {
                    "word": "entropy",
                    "meanings": [
                        {"partOfSpeech": "noun", "definitions": [{"definition": "a measure of disorder"}]},
                        {"partOfSpeech": "verb", "definitions": []},
                    ],
                }
            ]
        ),
        "noun: a measure of disorder",
        JSON,
        "https://en.wiktionary.org/wiki/entropy",
        "https://api.dictionaryapi.dev/api/v2/entries/en/entropy",
        _json([]),
    ),
    Sample(
        DuckDuckGo,
        "what is Kyoto?",
        _json(
            {
                "Heading": "Kyoto",
                "Answer": "",
                "AbstractText": "Kyoto is a city in Japan.",
                "AbstractURL": "https://en.wikipedia.org/wiki/Kyoto",
            }
        ),
        "Kyoto is a city in Japan.",
        "application/x-javascript",
        "https://en.wikipedia.org/wiki/Kyoto",
        "https://api.duckduckgo.com/?q=what+is+Kyoto%3F&format=json&no_redirect=1&no_html=1",
        _json({"Answer": {"from": "calculator"}, "AbstractText": "", "AbstractURL": ""}),
    ),
    Sample(
        OpenLibrary,
        "who wrote Dune?",
        _json(
            {
                "num_found": 1,
                "docs": [
                    {
                        "key": "/works/OL893415W",
                        "title": "Dune",
                        "author_name": ["Frank Herbert"],
                        "first_publish_year": 1965,
                    }
                ],
            }
        ),
        "Dune by Frank Herbert, first published in 1965",
        JSON,
        "https://openlibrary.org/works/OL893415W",
        "https://openlibrary.org/search.json?title=Dune&limit=1"
        "&fields=key%2Ctitle%2Cauthor_name%2Cfirst_publish_year",
        _json({"num_found": 0, "docs": []}),
    ),
]
