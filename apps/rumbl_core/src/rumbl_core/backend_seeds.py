"""Names that belong to rumbl itself: the users of the information system and of the demo."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
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

MAX_USERNAME: Final = 20
"""Characters of a person's username."""
_UNLIKE_A_PERSON: Final = " (information source)"
assert len(_UNLIKE_A_PERSON) > MAX_USERNAME, "so nobody can have registered a name that ends like this"


def _folded(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()


_RESERVED: Final = frozenset(_folded(username) for username, _ in (*BACKEND_USERS, *DEMO_USERS))
_reserved_too: frozenset[str] = frozenset()


def reserve(usernames: Iterable[str]) -> None:
    """Choose which names are reserved besides ours from now on: those of other people's backends."""
    global _reserved_too  # noqa: PLW0603 - the one process-wide choice of this module
    _reserved_too = frozenset(map(_folded, usernames))


def reserved(username: str) -> bool:
    """Whether nobody may register this name, or one that looks the same.

    >>> reserved("Wolfram "), reserved("wolf")
    (True, False)
    """
    name = _folded(username)
    return name in _RESERVED or name in _reserved_too


def beside(username: str) -> str:
    """Another name for a backend whose own name a person has: longer than any person's can be.

    >>> beside("oracle")
    'oracle (information source)'
    """
    return username + _UNLIKE_A_PERSON


def backend_of(username: str) -> str:
    """The backend that answers under this name, whichever of its two it is.

    >>> backend_of("oracle (information source)"), backend_of("oracle")
    ('oracle', 'oracle')
    """
    return username.removesuffix(_UNLIKE_A_PERSON)
