"""Files that are sent as they are: styles, scripts, pictures, the demo clip.

An address with `?vsn=<digest>` may be kept for ever, because a changed file gets another address. Everything
else is asked for again, with an ETag.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, request, send_from_directory

ROOT: Final = Path(__file__).parent / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "public, max-age=0, must-revalidate"

blueprint = Blueprint("static_files", __name__)


@blueprint.get("/static/<path:filename>")
def serve(filename: str) -> Response:
    """One file, whole or the range that was asked for. 404 for what is not there or not below the folder."""
    response = send_from_directory(ROOT, filename, conditional=True, etag=True)
    current = request.args.get("vsn")
    known = current is not None and current == version(filename)
    response.headers["cache-control"] = FOR_EVER if known else ASK_AGAIN
    return response


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon for browsers that ask at the old place."""
    return serve("favicon.svg")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What search engines may read."""
    return serve("robots.txt")


def static_path(filename: str) -> str:
    """Address of a static file, with its version if the file is there."""
    # Not url_for: an error page also needs this when the request was too strange to look a route up.
    return rooted(_path(filename, version(filename)))


@lru_cache(maxsize=256)
def _path(filename: str, digest: str | None) -> str:
    path = f"/static/{quote(filename)}"
    return f"{path}?vsn={digest}" if digest else path


def rooted(path: str) -> str:
    """`path`, which begins at the site, as one that begins at the host: the site may live below the root."""
    return f"{request.script_root}{path}" if request else path


def version(filename: str) -> str | None:
    """Start of the file's SHA-256; None when there is no such file."""
    file = f"{ROOT}/{filename}"
    try:
        return _digest(file, os.stat(file).st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=256)
def _digest(file: str, _changed_ns: int) -> str:
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:12]
