"""What of a page a browser would act on. The reader is strict: what it can't be sure of is a fault."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Final

_ATTRIBUTE: Final = r'\s+[a-zA-Z_:][a-zA-Z0-9:_-]*(?:=(?:"[^"<>]*"|[a-z]+))?'
STRICT_TAG: Final = re.compile(rf"<[a-zA-Z][a-zA-Z0-9-]*(?:{_ATTRIBUTE})*\s*/?>")
ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "poster", "data", "cite", "xlink:href"})
CODE: Final = frozenset({"style", "srcdoc", "http-equiv", "srcset", "target", "type", "is", "lang"})
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Reader(HTMLParser):
    """Collects `acts`, which are texts, and `faults`: markup that we would never write."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.acts: set[str] = set()
        self.faults: list[str] = []
        self._script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        if not STRICT_TAG.fullmatch(raw):
            self.faults.append(f"a tag that is not written strictly: {raw}")
        self.acts.add(f"<{tag} {' '.join(sorted(name for name, _ in attrs))}>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag == "script":
            self._script = dict(attrs).get("type")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name in ADDRESSES:
            self.acts.add(f"{tag} {name} leads to {destination(value)}")
        elif name in CODE or name.startswith("on"):
            self.acts.add(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self._script = None
        self.acts.add(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and self._script == "application/json":
            self._json(data)
        elif self.cdata_elem is not None:
            self.acts.add(f"code {data}")
        if "<" in data or ("{{" in data and "49" in data):
            self.faults.append(f"a sign of markup: {data}")

    def _json(self, data: str) -> None:
        try:
            json.loads(data)
        except ValueError:
            self.faults.append(f"no JSON: {data}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"an instruction: {data}")


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
    reader.close()
    return reader
