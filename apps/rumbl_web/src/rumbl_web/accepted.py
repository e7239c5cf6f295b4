"""What a client says that it takes: the lists of the headers Accept and Accept-Language."""

from __future__ import annotations

from typing import Final, TypeVar

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

A = TypeVar("A", bound=Accept)
MAX_ENTRIES: Final = 32
"""So many are looked at; browsers send ten at most. A header has room for thousands, and each is work."""


def parse(header: str, kind: type[A]) -> A:
    """The first entries of such a list. A comma in quotes counts as the end of one as well."""
    return parse_accept_header(",".join(header.split(",", MAX_ENTRIES)[:MAX_ENTRIES]), kind)
