"""Which player shows a video's address, and with what: nothing but checked parts of it reach a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

Kind: TypeAlias = Literal["youtube", "vimeo", "file", "hls", "demo"]

MAX_URL: Final = 255
_STATIC: Final = re.compile(r"/static/media/[A-Za-z0-9_-]{1,64}\.(?:mp4|webm|ogv|m4v|mov)")
_YOUTUBE_HOSTS: Final = frozenset(
    host
    for name in ("youtube.com", "youtube-nocookie.com")
    for host in (name, f"www.{name}", f"m.{name}", f"music.{name}")
)
_YOUTU_BE_HOSTS: Final = frozenset({"youtu.be", "www.youtu.be"})
_VIMEO_HOSTS: Final = frozenset({"vimeo.com", "www.vimeo.com", "player.vimeo.com"})
_YOUTUBE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_YOUTUBE_PATH: Final = re.compile(r"/(?:embed|v|shorts|live)/([^/]+)/?")
_VIMEO_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_-]+){0,3}?/([0-9]{1,20})(?:/[0-9a-f]{1,64})?/?")
_NO_SCHEME: Final = re.compile(r"[a-z0-9.-]+/", re.IGNORECASE)
_FILE: Final = re.compile(r".+\.(?:mp4|webm|ogv|m4v|mov)", re.IGNORECASE | re.DOTALL)
_HLS: Final = re.compile(r".+\.m3u8", re.IGNORECASE | re.DOTALL)
# The book's pattern: the last of the three separators wins. ASCII only, and `.` stops at a new line.
_BOOK_ID: Final = re.compile(r"^.*(?:youtu\.be/|\w+/|v=)(?P<id>[^#&?]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlayerSource:
    """What the page hands to its player; `kind` is None for an address that nothing can play."""

    kind: Kind | None = None
    id: str | None = None
    url: str | None = None


_NOTHING: Final = PlayerSource()


def player_source(url: str | None) -> PlayerSource:
    """The player for an address: by host for YouTube and Vimeo, by ending for a file of one's own.

    >>> player_source("https://youtu.be/dQw4w9WgXcQ?t=5")
    PlayerSource(kind='youtube', id='dQw4w9WgXcQ', url='https://www.youtube.com/watch?v=dQw4w9WgXcQ')
    >>> player_source("javascript:alert(1)//x.mp4").kind is None
    True
    """
    if not url or len(url) > MAX_URL:
        return _NOTHING
    if _STATIC.fullmatch(url):
        return PlayerSource("demo", None, url)
    parts = _split(url)
    if parts is None:
        return _NOTHING
    host = (parts.hostname or "").rstrip(".")
    if host in _YOUTUBE_HOSTS or host in _YOUTU_BE_HOSTS:
        return _youtube(parts, short=host in _YOUTU_BE_HOSTS)
    if host in _VIMEO_HOSTS:
        return _vimeo(parts)
    return _own_file(parts)


def player_id(url: str | None) -> str | None:
    """The id that the book's regular expression finds, on any host; None without one. Too long is none."""
    if not url or len(url) > MAX_URL:
        return None
    found = _BOOK_ID.match(url)
    return found.group("id") if found else None


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address without a user; `youtu.be/x` without a scheme is fine."""
    if "://" not in url and _NO_SCHEME.match(url):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return None
        _ = parts.port
    except ValueError:
        return None
    return parts if url.isprintable() and not set(url) & set(" \"'<>\\^`{|}") else None


def _youtube(parts: SplitResult, *, short: bool) -> PlayerSource:
    if short:
        id = parts.path.strip("/")
    elif found := _YOUTUBE_PATH.fullmatch(parts.path):
        id = found.group(1)
    else:
        id = next(iter(parse_qs(parts.query).get("v", [])), "") if parts.path.rstrip("/") == "/watch" else ""
    if not _YOUTUBE_ID.fullmatch(id):
        return _NOTHING
    return PlayerSource("youtube", id, f"https://www.youtube.com/watch?v={id}")


def _vimeo(parts: SplitResult) -> PlayerSource:
    found = _VIMEO_PATH.fullmatch(parts.path)
    return PlayerSource("vimeo", found.group(1), f"https://vimeo.com/{found.group(1)}") if found else _NOTHING


def _own_file(parts: SplitResult) -> PlayerSource:
    if _FILE.fullmatch(parts.path):
        return PlayerSource("file", None, parts.geturl())
    if _HLS.fullmatch(parts.path):
        return PlayerSource("hls", None, parts.geturl())
    return _NOTHING
