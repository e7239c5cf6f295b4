"""What the watch page tells its script."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import url_for

from rumbl_core.accounts import User
from rumbl_core.multimedia import PlayerSource, Video
from rumbl_web.static_files import rooted


def login_path(path: str) -> str:
    """Where a guest logs in to come back to `path`."""
    return f"{url_for('session.new')}?next={quote(path, safe='')}"


def boot(video: Video, user: User | None, user_token: str, watch_path: str) -> dict[str, Any]:
    """The page's `rumbl-boot` data: who is here, and how to connect."""
    return {
        "userToken": user_token,
        "userId": user.id if user else None,
        "guest": user is None,
        "socketUrl": rooted("/socket"),
        "loginUrl": login_path(watch_path),
        "videoId": video.id,
    }


def player_attributes(source: PlayerSource) -> dict[str, str]:
    """Values of `data-player-kind`, `-src` and `-id`; empty text for what there is not."""
    url = source.url or ""
    src = rooted(url) if url.startswith("/") else url
    return {"kind": source.kind or "", "src": src, "id": source.id or ""}
