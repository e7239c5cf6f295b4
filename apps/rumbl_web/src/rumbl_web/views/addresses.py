"""Addresses of rows. Lists make many, so the router is asked for each kind once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import quote

from flask import request, url_for

from rumbl_core import multimedia

_SAFE: Final = "!$&'()*+,/:;=@"  # what the router leaves as it is in a path
_ANY: Final = "~"


class Identified(Protocol):
    """A video, as far as addresses go."""

    id: Any
    slug: Any


def watch_path(video: Identified) -> str:
    """Address of the page where `video` is watched."""
    return _path("watch.show", multimedia.video_param(video))


def category_path(category: multimedia.Category) -> str:
    """Address of the videos of `category`."""
    return _path("gallery.category", multimedia.category_param(category))


def video_path(action: str, video: Identified) -> str:
    """Address of one of the owner's pages of `video`: "show", "edit", "update" or "delete"."""
    return _path(f"video.{action}", multimedia.video_param(video))


def _path(endpoint: str, id: str) -> str:
    before, after = _around(endpoint, request.script_root)
    return f"{before}{quote(id, safe=_SAFE)}{after}"


@lru_cache(maxsize=128)
def _around(endpoint: str, _script_root: str) -> tuple[str, str]:
    """What stands before and after the id."""
    before, _, after = url_for(endpoint, id=_ANY).rpartition(_ANY)
    return before, after
