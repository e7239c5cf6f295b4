"""Addresses of videos: the id, then words for people, as in `13-hello-world`. Only the id counts."""

from __future__ import annotations

import re
from typing import Final, Protocol

from rumbl_core.casts import cast_id

MAX_SLUG: Final = 255
"""Longest slug, in code points."""
_LEADING_ID = re.compile(r"\+?0*([0-9]{1,19})(?![0-9])")
_BETWEEN_WORDS = re.compile(r"[^\w-]+")


class HasPermalink(Protocol):
    """What a permalink is made of."""

    id: int
    slug: str | None


def cast(value: object) -> int | None:
    """The id of a permalink: its leading digits, above 0; None if that is no id of a row.

    >>> cast("13-hello-world"), cast(1), cast("hello-world-13")
    (13, 1, None)
    """
    if not isinstance(value, str):
        return cast_id(value)
    found = _LEADING_ID.match(value)
    return cast_id(found.group(1)) if found else None


def slugify(title: str) -> str:
    """The title in lower case with `-` between words; hyphens at the ends stay.

    >>> slugify("Hello World!")
    'hello-world-'
    """
    return _BETWEEN_WORDS.sub("-", title.lower())[:MAX_SLUG]


def param(video: HasPermalink) -> str:
    """The video's part of a path. A video without a slug has nothing after the hyphen."""
    return f"{video.id}-{video.slug or ''}"
