"""Says now and then which note of each video is the latest, so that no loss stays hidden for long.

A lost note is betrayed by the next one, which names it (docs/adr/0005). The very last one has no next: its
server may have died between storing and telling, and its writer may never come back to send it again. So each
server process asks the database for all its videos at once, and tells its viewers where something is new. Who
has the note already does nothing.
"""

from __future__ import annotations

import logging
from typing import Final

from info_sys import otp
from info_sys.otp.gen_server import GenServer
from info_sys.otp.supervisor import ChildSpec
from rumbl_core import multimedia
from rumbl_core.errors import Unavailable
from rumbl_web.channels.video_channel import TOPIC, VIDEOS
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast

log = logging.getLogger(__name__)

NAME: Final = "RumblWeb.LatestWatch"
EVERY_S: Final = 20.0


class LatestWatch(GenServer):
    """Looks every `every_s`."""

    def __init__(self, endpoint: Endpoint, every_s: float = EVERY_S) -> None:
        super().__init__(name=NAME)
        self._pubsub = endpoint.pubsub
        self._every_ms = every_s * 1000
        self._told: dict[int, int] = {}

    @classmethod
    def child_spec(cls, endpoint: Endpoint) -> ChildSpec:
        """How a supervisor starts and restarts it."""
        return ChildSpec(NAME, lambda: cls(endpoint).start())

    def init(self) -> None:
        """Begin to look."""
        otp.send_after(self, "look", self._every_ms)

    def handle_info(self, message: object) -> None:
        """Look; while the database is away there is nothing new, and the next look is as good."""
        otp.send_after(self, "look", self._every_ms)
        try:
            with otp.blocking():
                self.look()
        except Unavailable as error:
            log.warning("the latest notes are looked for later: %s", error)

    def look(self) -> None:
        """Tell this node's viewers of each video that has a note since the last look. Raises Unavailable."""
        matches = (TOPIC.fullmatch(topic) for topic in self._pubsub.topics(VIDEOS))
        watched = {int(match[1]) for match in matches if match}
        before, self._told = self._told, multimedia.latest_annotation_ids(watched) if watched else {}
        for video_id, latest in self._told.items():
            if latest > before.get(video_id, 0):
                self._pubsub.deliver(Broadcast(f"{VIDEOS}{video_id}", "latest", {"id": latest}))
