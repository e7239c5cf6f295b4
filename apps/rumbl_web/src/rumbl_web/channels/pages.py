"""Pages of notes for those who join or fetch: read once, rendered once, however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypedDict

from rumbl_core import accounts, multimedia
from rumbl_core.errors import Unavailable
from rumbl_web.channels.shared_read import WAIT_S, SharedRead
from rumbl_web.views import annotation_view
from rumbl_web.views.annotation_view import AnnotationJson

PAGE: Final = 500
"""Notes in one reply, as in the book; a reply that has more says so."""
PAGE_BYTES: Final = 256 << 10
"""About the longest reply: what a slow reader can take before the hub gives it up."""
NOTE_BYTES: Final = 300
"""What a note weighs besides its body, roughly."""

MAX_KEPT: Final = 32
MAX_AGE_S: Final = 5.0
"""So long a page may show a name that was changed; a new note shows at once, and one that is gone never."""


class Page(TypedDict):
    """Some notes in the order of their ids, whether there are more, and how often the video has lost some."""

    annotations: list[AnnotationJson]
    more: bool
    removals: int


NO_PAGE: Final[Page] = {"annotations": [], "more": False, "removals": 0}
NO_QUESTIONS: Final = multimedia.OpenQuestions({}, None)


Mark = tuple[int, int]
"""The latest id of a video's notes, and how often it lost some (`multimedia.annotation_marks`)."""


@dataclass(frozen=True, slots=True)
class _Kept:
    page: Page
    mark: Mark
    made_at: float


class Pages:
    """The pages of this node. Safe to use from any thread.

    A page is never older than the question, which matters to a join: it has subscribed before it asks, so
    what was stored before is listed and what is stored later comes live. Each question reads the mark of its
    video (many at once in one trip, which begins after they were asked), and a kept page counts only as long
    as that is the one it was made for. Broadcasts would tell of new notes without any trip, but one
    that is lost between nodes would leave a hole in both the page and the live notes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks = SharedRead(multimedia.annotation_marks)
        self._open = SharedRead(multimedia.open_questions)
        self._gone = SharedRead(_gone)
        self._kept: dict[tuple[int, int], _Kept] = {}
        self._keeping = threading.Lock()
        # Who needs the same page at the same moment waits for the first to make it.
        self._making = [threading.Lock() for _ in range(MAX_KEPT)]

    def get(self, video_id: int, after_id: int) -> Page | None:
        """The notes after `after_id`; None if there is no such video. Raises Unavailable."""
        mark = self._marks.get(video_id)
        if mark is None:
            return None
        if mark[0] <= after_id:
            return {"annotations": [], "more": False, "removals": mark[1]}
        key = (video_id, after_id)
        return self._fresh(key, mark) or self._make(key, mark)

    def open_questions(self, video_id: int, before_id: int) -> multimedia.OpenQuestions:
        """Those without an answer in some notes before an id, as they are now. Raises Unavailable."""
        return self._open.get((video_id, before_id)) or NO_QUESTIONS

    def gone(self, user_ids: Collection[int]) -> list[int]:
        """Those that are users no more. Raises Unavailable."""
        return self._gone.get(tuple(user_ids)) or []

    def _fresh(self, key: tuple[int, int], mark: Mark) -> Page | None:
        kept = self._kept.get(key)
        if kept is None or self._clock() - kept.made_at > MAX_AGE_S:
            return None
        # A full page stays what it is, whatever comes after it.
        same = kept.mark == mark or (kept.page["more"] and kept.mark[1] == mark[1])
        return kept.page if same else None

    def _make(self, key: tuple[int, int], mark: Mark) -> Page:
        making = self._making[hash(key) % len(self._making)]
        if not making.acquire(timeout=WAIT_S):
            raise Unavailable("a page of notes takes too long to read")
        try:
            return self._fresh(key, mark) or self._keep(key, mark, render(*key, mark[1]))
        finally:
            making.release()

    def _keep(self, key: tuple[int, int], mark: Mark, page: Page) -> Page:
        kept = self._kept
        with self._keeping:
            kept[key] = _Kept(page, mark, self._clock())
            if len(kept) > MAX_KEPT:
                del kept[min(kept, key=lambda key: kept[key].made_at)]
        return page


def _gone(groups: Collection[tuple[int, ...]]) -> dict[tuple[int, ...], list[int]]:
    there = accounts.users_there({id for group in groups for id in group})
    return {group: [id for id in group if id not in there] for group in groups}


def render(video_id: int, after_id: int, removals: int = 0) -> Page:
    """Read and render a page; `removals` is what was read before it."""
    found, more = multimedia.list_annotations_page(video_id, after_id, limit=PAGE)
    fitting = found[: _fitting(found)]
    return {
        "annotations": annotation_view.annotations_json(fitting),
        "more": more or len(fitting) < len(found),
        "removals": removals,
    }


def _fitting(found: list[multimedia.Annotation]) -> int:
    """How many of `found` go into one reply: one at least."""
    size = 0
    for count, note in enumerate(found):
        size += NOTE_BYTES + len(note.body.encode())
        if size > PAGE_BYTES and count:
            return count
    return len(found)
