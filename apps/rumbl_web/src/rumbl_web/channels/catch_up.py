"""After a gap between the nodes: this node's viewers are told from the database what they may have missed.

They heard what was said here; of what was said on other nodes some may be lost. So the viewers of every video
are told its notes of that time, what became of the latest questions, which note is the latest and how often
the video lost some: a page that has a note does nothing, a page that still lacks one fetches it, and one that
missed that somebody left asks who. A log-out that was not heard ends its sockets now.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from info_sys import otp
from info_sys.otp.gen_server import GenServer
from info_sys.otp.supervisor import ChildSpec
from rumbl_core import multimedia
from rumbl_core.errors import Unavailable
from rumbl_web import notes
from rumbl_web.channels import question_watch, session_watch
from rumbl_web.channels.user_socket import SESSIONS
from rumbl_web.channels.video_channel import TOPIC, VIDEOS
from rumbl_web.phoenix.endpoint import Endpoint
from rumbl_web.phoenix.message import Broadcast
from rumbl_web.phoenix.pubsub_adapters.adapter import Gap
from rumbl_web.views import annotation_view

log = logging.getLogger(__name__)

NAME: Final = "RumblWeb.CatchUp"
MARGIN_S: Final = 5.0
"""How much longer than the gap to look back: what was stored before it may have been under way."""
MAX_NOTES: Final = 100
"""Notes that are told one by one; when more may be missing, each page fetches what it lacks, in its time."""
GATHER_S: Final = 0.3
"""How long to wait for the gaps of other nodes, which come together."""
RETRY_S: Final = 1.0


class CatchUp:
    """Hears of gaps on any thread and works them off in a process, one topic a turn.

    The process is a supervisor's to start (`child_spec`).
    """

    def __init__(self, endpoint: Endpoint, gather_s: float = GATHER_S) -> None:
        self._pubsub = endpoint.pubsub
        self._gather_ms = gather_s * 1000
        self._lock = threading.Lock()
        # Since when (monotonic) the viewers of each topic may have missed something.
        self._due: dict[str, float] = {}
        self._worker = _Worker(self)
        endpoint.pubsub.on_gap(self.on_gap)

    def child_spec(self) -> ChildSpec:
        """How a supervisor starts and restarts the process."""
        return ChildSpec(NAME, self._start)

    def on_gap(self, gap: Gap) -> None:
        """Have all topics caught up that have subscribers here."""
        if gap.topics is not None:
            return  # subscriptions that came late, and channels have waited for theirs
        since = time.monotonic() - gap.seconds
        for topic in (*self._pubsub.topics(VIDEOS), SESSIONS):
            self.add(topic, since, self._gather_ms)

    def add(self, topic: str, since: float, wait_ms: float) -> None:
        """Do a topic after a while, with what is due there already."""
        with self._lock:
            before = self._due.get(topic)
            self._due[topic] = since if before is None else min(since, before)
        if before is None:
            otp.send_after(self._worker, topic, wait_ms)

    def take(self, topic: str) -> float | None:
        """Take since when it is due; None if nobody subscribes to the topic any more."""
        with self._lock:
            since = self._due.pop(topic, None)
        return since if topic == SESSIONS or self._pubsub.is_subscribed(topic) else None

    def catch_up(self, topic: str, since: float) -> None:
        """Tell this node's subscribers of one topic; SESSIONS stands for all log-ins. Raises Unavailable."""
        if topic == SESSIONS:
            session_watch.close_ended(self._pubsub)
        elif match := TOPIC.fullmatch(topic):
            self._notes(topic, int(match[1]), since)

    def _notes(self, topic: str, video_id: int, since: float) -> None:
        mark = multimedia.annotation_marks([video_id]).get(video_id)
        if mark is None:
            return self._tell(topic, "video_deleted", {})
        within_s = time.monotonic() - since + MARGIN_S
        found = multimedia.list_recent_annotations(video_id, within_s, MAX_NOTES)
        if len(found) < MAX_NOTES:
            for note in found:
                self._tell(topic, "new_annotation", annotation_view.annotation_json(note))
        self._questions(topic, video_id, within_s + question_watch.WAITED_S)
        return self._tell(topic, "latest", notes.latest(mark))

    def _questions(self, topic: str, video_id: int, within_s: float) -> None:
        """Also of those that were asked before the gap: what became of them may have been told in it."""
        among = {note.id for note in multimedia.list_recent_annotations(video_id, within_s, MAX_NOTES)}
        window = video_id, multimedia.NEWEST
        found = multimedia.open_questions([window]).get(window) if among else None
        for id, state in found.states.items() if found else ():
            if id in among:
                self._tell(topic, "question", {"id": id, "state": state})

    def _tell(self, topic: str, event: str, payload: object) -> None:
        self._pubsub.deliver(Broadcast(topic, event, payload))

    def _start(self) -> _Worker:
        self._worker = _Worker(self).start()
        with self._lock:
            waiting = list(self._due)
        for topic in waiting:
            self._worker.send(topic)
        return self._worker


class _Worker(GenServer):
    """Runs on the scheduler's threads, beside everything else."""

    # One message per topic that is due, and a due topic is in the dict once.
    max_mailbox = 1_000_000

    def __init__(self, owner: CatchUp) -> None:
        super().__init__(name=NAME)
        self._owner = owner

    def handle_info(self, message: object) -> None:
        """Catch one topic up; while the database is away, try again later."""
        topic = str(message)
        since = self._owner.take(topic)
        if since is None:
            return
        try:
            with otp.blocking():
                self._owner.catch_up(topic, since)
        except Unavailable as error:
            log.warning("%r is caught up later: %s", topic, error)
            self._owner.add(topic, since, RETRY_S * 1000)
