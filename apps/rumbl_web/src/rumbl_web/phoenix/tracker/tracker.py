"""The tracker: presences of living processes on all nodes, and the processes that tell of their changes.

Tracking changes the data at once, on the calling thread, so a caller reads its own writes. Announcing may
be slow (`fetch` asks a database), so it has a process of its own; what happens meanwhile joins the next
announcement. Another process tells the other nodes and listens to them (`replicator`). A supervisor brings
both back, and they go on where the last ones ended: all they have to know is the tracker's.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from time import monotonic
from typing import Any, ClassVar, Final

from info_sys.otp import Down, Process, send_after
from info_sys.otp.supervisor import ChildSpec, Supervisor
from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.cluster import Cluster, Periods
from rumbl_web.phoenix.tracker.gossip import Bye, Message, Peer
from rumbl_web.phoenix.tracker.replicator import MAX_WAITING, Replicator
from rumbl_web.phoenix.tracker.room import Again, Announcement, Entries, Entry, Room
from rumbl_web.phoenix.tracker.state import State

log = logging.getLogger(__name__)

Announce = Callable[[str, Announcement], None]
Say = Callable[[str, dict[str, Any]], None]
Meta = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]


class _Wake(Enum):
    WAKE = 1
    AGAIN = 2


_WAKE: Final = _Wake.WAKE

AGAIN_MS: Final = 2000
"""From one try to tell what is owed to the next."""

MAX_RESTARTS: Final = 20
"""In five seconds; they end only by a kill, since what their work raises is logged."""


class Tracker:
    """The presences that this node knows of. Safe to use from any thread.

    `announce(topic, announcement)` is called on a scheduler thread, one at a time; `max_listed` is the
    largest room whose changes are told one by one (None: any). It is alone until `replicate`.
    """

    def __init__(
        self,
        node_name: str,
        announce: Announce,
        max_listed: int | None = None,
        periods: Periods | None = None,
    ) -> None:
        self.max_listed = max_listed
        self._announce = announce
        self._lock = threading.Lock()
        self._state = State(node_name)
        self._dirty: dict[str, None] = {}
        self._owed: dict[str, None] = {}
        self._stopped = False
        self._cluster = Cluster(Peer(node_name, secrets.token_hex(8)), self._state, periods or Periods())
        self._say: Say | None = None
        self._replicator: Replicator | None = None
        self._supervisor = self._supervise()

    def supervisor(self) -> Supervisor:
        """The supervisor of the tracker's processes; a new one, if it has given up."""
        if self._supervisor.ending and not self._stopped:
            self._supervisor = self._supervise()
        return self._supervisor

    def track(self, process: Process, topic: str, key: str, meta: Mapping[str, Any]) -> str:
        """Make `process` present until it ends; give the phx_ref.

        Raises AlreadyTracked, and TypeError for what JSON can't carry: the other nodes would miss it.
        """
        meta = gossip.plain(topic, key, meta)
        with self._lock:
            known = self._state.knows(process)
            ref = self._state.track(process, topic, key, meta).ref
            self._changed_here([topic])
        if not known:
            process.monitor(self._on_down)
        return ref

    def update(self, process: Process, topic: str, key: str, meta: Meta) -> str:
        """Replace the meta (or change it by a function); give the new phx_ref.

        Raises NotTracked, and TypeError as `track`.
        """
        if callable(meta):
            with self._lock:
                old = self._state.meta(process, topic, key)
            meta = meta(old)
        meta = gossip.plain(topic, key, meta)
        with self._lock:
            ref = self._state.update(process, topic, key, meta).ref
            self._changed_here([topic])
        return ref

    def untrack(self, process: Process, topic: str, key: str | None = None) -> None:
        """Make `process` absent. Nothing happens if it was not present."""
        with self._lock:
            self._changed_here(self._state.untrack(process, topic, key))

    def list(self, topic: str) -> Entries:
        """Who is there, by key; in a crowd only the `max_listed` sessions that have been there longest."""
        with self._lock:
            room = self._state.rooms.get(topic)
            return {} if room is None else room.show(self.max_listed)

    def entries(self, topic: str, key: str) -> Sequence[Entry]:
        """The sessions under one key."""
        with self._lock:
            room = self._state.rooms.get(topic)
            return [] if room is None else [entry for entry in room.entries.values() if entry.key == key]

    def count(self, topic: str) -> int:
        """How many sessions there are."""
        room = self._state.rooms.get(topic)
        return 0 if room is None else len(room.entries)

    def crowded(self, topic: str) -> bool:
        """Whether the room is too large for its changes to be told one by one."""
        room = self._state.rooms.get(topic)
        if room is None or self.max_listed is None:
            return False
        return room.crowded or len(room.entries) > self.max_listed

    def rooms(self) -> int:
        """How many topics have presences or untold changes."""
        return len(self._state.rooms)

    def nodes(self) -> dict[str, bool]:
        """The other nodes by name, and whether they were heard of lately."""
        with self._lock:
            return {name: replica.up for name, replica in self._cluster.replicas.items()}

    def replicate(self, say: Say) -> None:
        """Be one of many from now on. `say(event, payload)` tells the trackers of all other nodes, in order;
        what theirs say has to be handed to `hear`.
        """
        self._say = say
        self._supervisor.start_child(ChildSpec("replicator", self._start_replicator))

    def hear(self, event: str, payload: object) -> bool:
        """Take what another node's tracker said. Never blocks; False if it was dropped, to be asked for."""
        replicator = self._replicator
        if replicator is None or self._supervisor.ending:  # it ends first when the whole site stops
            return True
        return replicator.queue_length < MAX_WAITING and replicator.send((event, payload))

    def stop(self) -> None:
        """Announce nothing more, and say goodbye: this node's presences leave everywhere."""
        if self._stopped:
            return
        self._stopped = True
        self._supervisor.exit()
        if self._say is not None:
            self._say(*gossip.encode(Bye(self._cluster.me)))

    def owe(self, topic: str) -> None:
        """What was told on `topic` lacked something: announce everybody `Again`, in AGAIN_MS."""
        with self._lock:
            if not self._owed:
                send_after(self._announcer, _Wake.AGAIN, AGAIN_MS)
            self._owed[topic] = None

    # -- for the announcer

    def take_dirty(self) -> dict[str, None]:
        """The topics with untold changes, since the last call."""
        with self._lock:
            dirty, self._dirty = self._dirty, {}
            return dirty

    def wait_ms(self, topic: str, now_ms: float) -> float:
        """How long to wait before the next announcement on `topic`; 0 or less: do it."""
        room = self._state.rooms.get(topic)
        return 0.0 if room is None else room.announced_ms + room.window_ms() - now_ms

    def tell(self, topic: str, now_ms: float) -> None:
        """Announce what is untold on `topic`. What the announcing raises is logged."""
        with self._lock:
            announcement = self._next(topic, now_ms)
        if announcement is not None:
            self._announce_safely(topic, announcement)

    def tell_again(self) -> None:
        """Announce what is owed, topic by topic, until one is owed still: the others come first next time.

        So a database that is away, and makes each try wait, holds the announcer up once in AGAIN_MS.
        """
        with self._lock:
            owed, self._owed = list(self._owed), {}
        while owed:
            topic = owed.pop(0)
            with self._lock:
                room = self._state.rooms.get(topic)
                entries = {} if room is None or room.crowded else room.show()
            if entries:
                self._announce_safely(topic, Again(entries))
            with self._lock:
                if topic in self._owed:
                    self._owed = dict.fromkeys([*owed, *self._owed])
                    return

    def _announce_safely(self, topic: str, announcement: Announcement) -> None:
        try:
            self._announce(topic, announcement)
        except Exception:
            log.exception("presence changes on %r were not announced", topic)

    def _next(self, topic: str, now_ms: float) -> Announcement | None:
        room = self._state.rooms.get(topic)
        if room is None:
            return None
        room.queued = False
        announcement = room.announce(self.max_listed)
        if announcement is not None:
            room.announced_ms = now_ms
        self._state.sweep(topic)
        return announcement

    # -- for the replicator

    def take_in(self, message: Message, now_ms: float) -> None:
        """Take in what another node says, and answer if that is wanted."""
        with self._lock:
            self._changed(self._cluster.receive(message, now_ms))
            answers = self._cluster.take_urgent()
            if self._cluster.asked and self._replicator is not None:
                self._replicator.flush_soon()
        self._tell_others(answers)

    def tick(self, now_ms: float) -> None:
        """Look who is silent, and tell that this node is not."""
        with self._lock:
            self._changed(self._cluster.tick(now_ms))
            messages = self._cluster.take()
        self._tell_others(messages)

    def flush(self) -> int:
        """Tell the other nodes what has changed here; give the number of changes."""
        with self._lock:
            number = len(self._state.changes)
            messages = self._cluster.take()
        self._tell_others(messages)
        return number

    def _tell_others(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if self._say is not None and not self._stopped:
                self._say(*gossip.encode(message))

    # -- changes

    def _on_down(self, down: Down) -> None:
        with self._lock:
            self._changed_here(self._state.forget(down.process))

    def _changed_here(self, topics: Iterable[str]) -> None:
        self._changed(topics)
        if self._replicator is not None and self._state.changes:
            self._replicator.flush_soon()

    def _changed(self, topics: Iterable[str]) -> None:
        was_clean = not self._dirty
        for topic in topics:
            room = self._state.rooms[topic]
            if not room.queued:
                room.queued = True
                self._dirty[topic] = None
        if was_clean and self._dirty:
            self._announcer.send(_WAKE)  # one that is gone is about to be replaced, and the next one looks

    # -- the processes

    def _supervise(self) -> Supervisor:
        children = [ChildSpec("announcer", self._start_announcer)]
        if self._say is not None:
            children.append(ChildSpec("replicator", self._start_replicator))
        return Supervisor(children, max_restarts=MAX_RESTARTS).start()

    def _start_announcer(self) -> Process:
        """What the one before it had put off is dirty again."""
        with self._lock:
            queued = (topic for topic, room in self._state.rooms.items() if room.queued)
            self._dirty.update(dict.fromkeys(queued))
            self._announcer = Announcer(self).start()
            if self._dirty:
                self._announcer.send(_WAKE)
            if self._owed:
                send_after(self._announcer, _Wake.AGAIN, AGAIN_MS)
            return self._announcer

    def _start_replicator(self) -> Process:
        """It begins with a heartbeat and the changes since; what was dropped is missed and asked for."""
        with self._lock:
            self._replicator = Replicator(self, self._cluster.periods).start()
            return self._replicator

    def room(self, topic: str) -> Room | None:
        """The room of `topic`, for the observer and tests."""
        return self._state.rooms.get(topic)


class Announcer(Process):
    """Tells of changes: at once where it was quiet, else when the window since the last time is over."""

    __slots__ = ("tracker",)

    max_mailbox: ClassVar[int] = 1_000_000
    """One of each wake-up at a time, and one timer per topic with changes: it is bounded by the rooms."""

    def __init__(self, tracker: Tracker) -> None:
        super().__init__()
        self.tracker = tracker

    def handle(self, message: object) -> None:
        """A wake-up: look at all changed topics. A topic: its window is over. Again: something is owed."""
        if message is _Wake.AGAIN:
            self.tracker.tell_again()
            return
        now_ms = monotonic() * 1000
        if isinstance(message, str):
            self.tracker.tell(message, now_ms)
            return
        for topic in self.tracker.take_dirty():
            wait_ms = self.tracker.wait_ms(topic, now_ms)
            if wait_ms > 0:
                send_after(self, topic, wait_ms)
            else:
                self.tracker.tell(topic, now_ms)
