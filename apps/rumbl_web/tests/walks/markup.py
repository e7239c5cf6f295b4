"""What of a page a browser would act on. The reader is strict: what it can't be sure of is a fault."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import unescape
from typing import Final

_NAME: Final = "[a-zA-Z_:][a-zA-Z0-9:_-]*"
_ATTRIBUTE: Final = rf'\s+{_NAME}(?:=(?:"[^"<>]*"|[a-z]+))?'
STRICT_TAG: Final = re.compile(rf"<([a-zA-Z][a-zA-Z0-9-]*)((?:{_ATTRIBUTE})*)\s*/?>")
_STRICT_END: Final = re.compile(r"</([a-z][a-z0-9-]*)>")
_ATTRIBUTES: Final = re.compile(rf'({_NAME})(?:=(?:"([^"]*)"|([a-z]+)))?')
_PIECES: Final = re.compile(
    r"<(?:script|style)(?=[\s/>])[^<>]*>[^<]*(?:</[^<>]*>)?|<[^<>]*>|[^<]+|<", re.IGNORECASE
)
"""A script or a style with all that is in it; another tag; text."""
_CODE: Final = re.compile(r"(<(script|style)[^<>]*>)([^<]*)</\2>")
ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "poster", "data", "cite", "xlink:href"})
CODE: Final = frozenset({"style", "srcdoc", "http-equiv", "srcset", "target", "type", "is", "lang"})
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Reader:
    """Collects `acts`, which are texts, and `faults`: markup that we would never write.

    Without faults every `<` of a page begins a tag that all browsers read in the same way: then to take the
    page to pieces is to read it. A piece that an earlier page had too is not read again.
    """

    def __init__(self) -> None:
        self.acts: set[str] = set()
        self.faults: list[str] = []
        self._known: set[str] = set()

    def feed(self, page: str) -> list[str]:
        """Read a whole page. Gives its faults, without those that an earlier page had."""
        before = len(self.faults)
        pieces = set(_PIECES.findall(page.removeprefix("<!doctype html>"))) - self._known
        self._known |= pieces
        for piece in pieces:
            if code := _CODE.fullmatch(piece):
                self._code(*code.groups())
            elif piece.startswith("<"):
                self._tag(piece)
            else:
                self._data(piece)
        return self.faults[before:]

    def _code(self, tag: str, name: str, code: str) -> None:
        self._tag(f"</{name}>")
        if "script type=application/json" in self._tag(tag):
            self._json(code)
        elif code:
            self.acts.add(f"code {code}")
        self._data(code)

    def _tag(self, piece: str) -> frozenset[str]:
        acts, faults = read_tag(piece)
        self.acts |= acts
        self.faults += faults
        return acts

    def _data(self, data: str) -> None:
        if "{{" in data and any("{{" in part and "49" in part for part in data.split("&")):
            self.faults.append(f"a sign of markup: {data}")

    def _json(self, data: str) -> None:
        try:
            json.loads(data)
        except ValueError:
            self.faults.append(f"no JSON: {data}")


@lru_cache(4_096)
def read_tag(piece: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """What a tag does, and what is wrong with it."""
    if end := _STRICT_END.fullmatch(piece):
        return frozenset({f"</{end[1]}>"}), ()
    tag = STRICT_TAG.fullmatch(piece)
    if tag is None:
        return frozenset(), (f"a tag that is not written strictly: {piece}",)
    name = tag[1].lower()
    attributes = [
        (key.lower(), unescape(quoted or bare)) for key, quoted, bare in _ATTRIBUTES.findall(tag[2])
    ]
    acts = {act for key, value in attributes if (act := _act(name, key, value))}
    acts.add(f"<{name} {' '.join(sorted(key for key, _ in attributes))}>")
    return frozenset(acts), ()


def _act(tag: str, name: str, value: str) -> str:
    """What an attribute makes a browser do, "" if nothing."""
    if name in ADDRESSES:
        return f"{tag} {name} leads to {destination(value)}"
    return f"{tag} {name}={value}" if name in CODE or name.startswith("on") else ""


def destination(address: str) -> str:
    """Where a browser would go (WHATWG URL): "this site", "another host", or the scheme.

    >>> destination("/users"), destination("/\\\\evil.example"), destination(" java\\tscript:x")
    ('this site', 'another host', 'javascript')
    """
    seen = re.sub("[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    scheme = _SCHEME.match(seen)
    if scheme:
        return scheme[1].lower()
    return "another host" if seen.replace("\\", "/").startswith("//") else "this site"


def read(page: str) -> Reader:
    """The page, read to its end."""
    reader = Reader()
    reader.feed(page)
    return reader
