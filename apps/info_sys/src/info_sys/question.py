"""What people type, as a question: is it one, and whom is it meant for.

!wiki Ada Lovelace        only Wikipedia is asked, whatever the words
how old is the universe?  whoever may know
nice goal!                nobody
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_QUESTION: Final = 200
"""Characters; what is longer is a story and no question."""

_BANG: Final = re.compile(r"!([a-z][a-z0-9_-]{0,31})(?:\s+|\Z)", re.IGNORECASE)
_QUESTION_WORDS: Final = frozenset({"what", "who", "whose", "whom", "when", "where", "why", "how", "which"})
_COMMANDS: Final = frozenset(
    {"define", "convert", "calculate", "compute", "solve", "integrate", "simplify", "factor"}
)
# To people they are words as "count on" and "I guess": what can be reckoned has to follow.
_RECKON: Final = frozenset({"berechne", "rechne", "\u0627\u062d\u0633\u0628"})
RECKONABLE: Final = re.compile(r"\d|\b(?:pi|e|tau)\b", re.IGNORECASE)
"""A digit or a constant: no sum is without one."""
_MARKS: Final = ("?", "\u061f")  # the second is the Arabic one
# A sum: a digit, a sign (multiplication and division signs too), a digit. 1-2 and 1/2 may be dates or scores.
_SUM: Final = re.compile(r"\d\s{0,3}[+*^=\u00d7\u00f7]\s{0,3}[(\d]|\d\s{1,3}[-/]\s{1,3}[(\d]")
# Asked among people, of what they see: no source in the world knows.
_AMONG_US: Final = re.compile(
    r"\b(?:you|your|u|ur|anyone|anybody|everyone|someone|we|us|he|she|his|her|him|they|them|their|this|that"
    r"|these|those|here|it|its|i|me|my"
    # Arabic: you, we, I, here, this, that, did you see.
    r"|\u0623\u0646\u062a\u0645?|\u0627\u0646\u062a\u0645?|\u0646\u062d\u0646|\u0623\u0646\u0627|\u0627\u0646\u0627|\u0647\u0646\u0627|\u0647\u0630[\u0627\u0647]|\u0630\u0644\u0643|\u0631\u0623\u064a\u062a\u0645?)\b",
    re.IGNORECASE,
)
_IN_GERMAN: Final = re.compile(
    r"(?:w(?:er|as|ie|o(?:her|hin)?|ann|arum|ieso|eshalb|elche[rs]?|em|en|essen|arst|art|aren|ei\u00dft?|isst)"
    r"|hast|hat|habt|haben|ist|bist|sind|seid|war|kannst|kann|k\u00f6nnt|k\u00f6nnen|gibt|geht|siehst|seht)\b",
    re.IGNORECASE,
)
# In small letters only: EUR, Mir and Du Bois are of the world.
_AMONG_GERMANS: Final = re.compile(
    r"\b(?:du|dich|dir|(?:dein|mein|unser)(?:e[mnrs]?)?|ihr|euch|euer|eure[mnrs]?|wir|uns|ich|mich|mir|er|ihn|ihm"
    r"|sie|jemand|hier|(?:das|dies)(?=\W{0,3}\Z|\s{1,3}(?:da|denn|f\u00fcr|gesagt|gesehen|gerade)\b))\b"
)


class Question(NamedTuple):
    """The words to look up, and the bang that was put before them ("" for none), in small letters."""

    text: str
    bang: str = ""


def parse(typed: str) -> Question:
    """What is asked, and of whom.

    >>> parse("!Wiki Ada Lovelace")
    Question(text='Ada Lovelace', bang='wiki')
    """
    text = typed.strip()
    found = _BANG.match(text)
    return Question(text[found.end() :].strip(), found[1].lower()) if found else Question(text)


def is_question(text: str) -> bool:
    """Whether a line asks or reckons, so that a source of knowledge may be asked.

    >>> is_question("how old is the universe?"), is_question("nice goal!")
    (True, False)
    """
    text = text.strip()
    if not text or len(text) > MAX_QUESTION or "\n" in text:
        return False
    if _SUM.search(text):
        return True
    if text.endswith(_MARKS) and any(map(str.isalnum, text)):
        return True
    return not text.endswith("!") and _asks_without_a_mark(text.lower().split())


def _asks_without_a_mark(words: list[str]) -> bool:
    """ "what is entropy" does, "what a goal" does not."""
    first, second = words[0].removesuffix("'s"), words[1:2]
    if first in _COMMANDS:
        return len(words) > 1
    if first in _RECKON:
        return any(map(RECKONABLE.search, words))
    enough = 2 if first != words[0] else 3
    return first in _QUESTION_WORDS and len(words) >= enough and second not in (["a"], ["an"])


def is_of_the_world(text: str) -> bool:
    """Whether a question is about the world: no sum, and not about the people in the room or what they see.

    >>> is_of_the_world("who was Ada Lovelace?"), is_of_the_world("did you see that?")
    (True, False)
    """
    return is_question(text) and not _is_among_us(text) and _SUM.search(text) is None


def _is_among_us(text: str) -> bool:
    german = _IN_GERMAN.match(text.lstrip()) and _AMONG_GERMANS.search(text)
    return bool(_AMONG_US.search(text) or german)


def subject(text: str) -> str:
    """What a question is about: its words without those that only ask.

    >>> subject("What is a black hole?"), subject("who was Ada Lovelace")
    ('black hole', 'Ada Lovelace')
    """
    return _ASKING.sub("", text.strip().rstrip("?\u061f!. "), count=1).strip()


_ASKING: Final = re.compile(
    r"\A(?:tell me about|what(?:'s|\s+is|\s+are|\s+was|\s+were)?|who(?:'s|\s+is|\s+are|\s+was|\s+were)?"
    r"|where(?:'s|\s+is|\s+are|\s+was)?|define|definition of|meaning of)\s+(?:(?:the|an?)\s+)?",
    re.IGNORECASE,
)
