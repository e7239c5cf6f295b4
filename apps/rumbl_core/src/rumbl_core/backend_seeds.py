"""Names that belong to rumbl itself: the users of the information system and of the demo."""

from __future__ import annotations

import unicodedata
from typing import Final

BACKEND_USERS: Final = (
    ("wolfram", "Wolfram"),
    ("wolfram_short", "Wolfram"),
    ("calculator", "Calculator"),
    ("units", "Units"),
    ("clock", "Clock"),
    ("currency", "Currency"),
    ("dictionary", "Dictionary"),
    ("open_library", "Open Library"),
    ("duckduckgo", "DuckDuckGo"),
    ("wikipedia", "Wikipedia"),
    ("wikidata", "Wikidata"),
)
"""Username and name of the user that posts the answers of each backend."""

DEMO_USERS: Final = (("demo", "Demo"), ("ana_demo", "Ana"))
"""Username and name of the people in the demo."""

_RESERVED: Final = frozenset(username for username, _ in (*BACKEND_USERS, *DEMO_USERS))


def reserved(username: str) -> bool:
    """Whether nobody may register this name, or one that looks the same.

    >>> reserved("Wolfram "), reserved("wolf")
    (True, False)
    """
    return unicodedata.normalize("NFKC", username).strip().casefold() in _RESERVED
