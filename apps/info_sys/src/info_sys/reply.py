"""What a service answered, and the only ways to read it: with bounds, and as the type that it says it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


@dataclass(frozen=True, slots=True)
class Reply:
    """A body of at most some 1 MB, and its content type. Whatever can't be read raises ValueError."""

    body: bytes
    content_type: str = ""

    def json(self) -> Any:
        """The value, from UTF-8. Some services call it JavaScript."""
        self._expect("json", "javascript")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"no JSON: {type(error).__name__}") from None

    def xml(self) -> Element:
        """The root; document types, entities and references to the outside are refused."""
        self._expect("xml")
        try:
            root: Element = fromstring(self.body, forbid_dtd=True)
        except (ParseError, DefusedXmlException) as error:
            raise ValueError(f"no safe XML: {type(error).__name__}") from None
        return root

    def text(self) -> str:
        """Plain text in UTF-8."""
        self._expect("text/plain")
        return self.body.decode()

    def _expect(self, *kinds: str) -> None:
        if not any(kind in self.content_type.lower() for kind in kinds):
            raise ValueError(f"no {kinds[0]}, by its content type")
