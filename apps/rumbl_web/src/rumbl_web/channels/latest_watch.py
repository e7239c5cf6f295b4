"""Says now and then which note of each video is the latest and how often it lost some: no loss stays hidden.

A lost note is betrayed by the next one, which names it (docs/adr/0005). The very last one has no next: its
server may have died between storing and telling, and its writer may never come back to send it again. So each
server process asks the database for all its videos at once, and tells its viewers where something is new. Who
has the note already does nothing.
"""

from __future__ import annotations

from typing import ClassVar

from rumbl_core import multimedia
from rumbl_web import notes
from rumbl_web.channels.video_channel import TOPIC, VIDEOS
from rumbl_web.channels.watch import Watch
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast


class LatestWatch(Watch):
    """Looks three times a minute."""

    NAME: ClassVar = "RumblWeb.LatestWatch"
    EVERY_S: ClassVar = 20.0

    def __init__(self, endpoint: Endpoint, every_s: float | None = None) -> None:
        super().__init__(endpoint, every_s)
        self._told: dict[int, tuple[int, int]] = {}

    def look(self) -> None:
        """Tell this node's viewers of each video that has or lost a note since. Raises Unavailable."""
        matches = (TOPIC.fullmatch(topic) for topic in self._pubsub.topics(VIDEOS))
        watched = {int(match[1]) for match in matches if match}
        before, self._told = self._told, multimedia.annotation_marks(watched) if watched else {}
        for video_id, mark in self._told.items():
            id, removals = before.get(video_id, (0, 0))
            if mark[0] > id or mark[1] > removals:
                self._pubsub.deliver(Broadcast(f"{VIDEOS}{video_id}", "latest", notes.latest(mark)))
