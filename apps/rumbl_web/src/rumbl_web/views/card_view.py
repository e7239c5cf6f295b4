"""Videos as cards: everything that the template shows, worked out in plain Python."""

from __future__ import annotations

from typing import NamedTuple

from rumbl_core.listing import Page
from rumbl_core.multimedia import Video
from rumbl_web.views import user_view, video_view
from rumbl_web.views.addresses import category_path, watch_path


class Card(NamedTuple):
    """One video. Names are None where there is nobody or nothing."""

    path: str
    title: str
    tone: str
    initials: str
    is_demo: bool
    owner: str | None
    category: str | None
    category_path: str | None
    notes: str


def cards(page: Page[Video]) -> list[Card]:
    """The videos of a page of a list, in its order."""
    counts = [page.counts.get(video.id, 0) for video in page.rows]
    texts = {count: video_view.notes_text(count) for count in set(counts)}
    return [_card(video, texts[count]) for video, count in zip(page.rows, counts, strict=True)]


def _card(video: Video, notes: str) -> Card:
    title = video.title or ""
    return Card(
        path=watch_path(video),
        title=title,
        tone=user_view.tone(video.id),
        initials=user_view.initials(title),
        is_demo=video.url == video_view.DEMO_URL,
        owner=(video.user.name or video.user.username) if video.user else None,
        category=video_view.category_name(video.category) if video.category else None,
        category_path=category_path(video.category) if video.category else None,
        notes=notes,
    )
