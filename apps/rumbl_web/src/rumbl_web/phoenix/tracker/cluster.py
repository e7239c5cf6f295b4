"""The other nodes as this one knows them, and what it has to tell them. Pure data; time is handed in.

Clocks order everything: each node numbers the changes of its own entries and nobody else changes them, so
there is nothing to vote on. Time, monotonic and this node's own, only decides how long silence is borne.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from rumbl_web.phoenix.tracker import gossip
from rumbl_web.phoenix.tracker.gossip import Ask, Bye, Delta, Heartbeat, Message, Page, Peer
from rumbl_web.phoenix.tracker.replica import Change, Replica
from rumbl_web.phoenix.tracker.state import State

log = logging.getLogger(__name__)

Topics = dict[str, None]

_HEARTBEATS_PER_DOWN: Final = 4
_DOWNS_PER_FORGET: Final = 12


@dataclass(frozen=True, slots=True)
class Periods:
    """How often nodes speak, and how long silence is borne; all in ms, and the same on every node.

    `down`: after so long a silence a node's entries leave (and come back with it); after `forget` (default:
    12 x down) it is a stranger. `heartbeat`: default 1500, at most a quarter of down. `batch`: how long
    changes are collected, more under load. Raises ValueError if they don't fit each other.
    """

    down: float = 10_000
    heartbeat: float = 0
    forget: float = 0
    batch: float = 50

    def __post_init__(self) -> None:
        # The class is frozen, so what was left out is filled in past it.
        if not self.heartbeat:
            object.__setattr__(self, "heartbeat", min(1500, self.down / _HEARTBEATS_PER_DOWN))
        if not self.forget:
            object.__setattr__(self, "forget", self.down * _DOWNS_PER_FORGET)
        if not 0 < self.heartbeat * 3 <= self.down < self.forget:
            raise ValueError(f"want 3 x heartbeat <= down < forget, not {self}")


class Cluster:
    """All other nodes. `me` is this life of this node; what they change goes into the rooms of `state`.

    `asked` says that somebody waits for this node's state. It may wait for a while: others will ask as well.
    """

    def __init__(self, me: Peer, state: State, periods: Periods) -> None:
        self.me = me
        self.periods = periods
        self.replicas: dict[str, Replica] = {}
        self._state = state
        # Lives that said goodbye or were followed by another, and when: late messages of theirs mean nothing.
        self._dead: dict[str, float] = {}
        self._asks: list[Ask] = []
        self.asked = False
        self._greet = True
        self._ticked_ms: float | None = None

    def receive(self, message: Message, now_ms: float) -> Topics:
        """Take in what another node says; give the topics that it changes here."""
        if message.peer.name == self.me.name:
            self._meet_namesake(message.peer, now_ms)
            return {}
        if message.peer.life in self._dead:
            return {}
        if isinstance(message, Bye):
            return self._bury(message.peer, now_ms)
        topics, replica = self._welcome(message.peer, now_ms)
        replica.heard_ms = now_ms
        topics |= self._take_in(replica, message)
        self._ask_if_behind(replica, now_ms)
        return topics

    def tick(self, now_ms: float) -> Topics:
        """One heartbeat later: judge who is silent; give the topics that they leave."""
        self._forgive_own_pause(now_ms)
        topics: Topics = {}
        for replica in list(self.replicas.values()):
            silence = now_ms - replica.heard_ms
            # The next look would be too late.
            if replica.up and silence + self.periods.heartbeat >= self.periods.down:
                replica.up = False
                log.warning("node %s is silent: its %d presences leave", *self._known(replica))
                topics |= self._state.exchange((), replica.entries.values())
            if silence > self.periods.forget:
                self._remove(replica)
            self._ask_if_behind(replica, now_ms)
        self._dead = {life: at for life, at in self._dead.items() if now_ms - at <= self.periods.down}
        self._greet = True
        return topics

    def take_urgent(self) -> list[Message]:
        """What can't wait: questions, and a greeting to a stranger with all that must go before."""
        if self._greet:
            return self.take(answer=False)
        asks, self._asks = self._asks, []
        return list(asks)

    def take(self, answer: bool = True) -> list[Message]:
        """Everything that the other nodes should be told now, in order, with an `answer` if they asked.

        It counts as told.
        """
        ranges = self._state.changes.take(gossip.size, gossip.MAX_BYTES)
        messages: list[Message] = [Delta(self.me, r.start, r.end, r.joins, r.leaves) for r in ranges]
        if self.asked and answer:
            messages += gossip.pages(self.me, self._state.clock, self._state.own())
            self.asked = False
        messages += self._asks
        if self._greet:
            messages.append(Heartbeat(self.me, self._state.clock))
        self._asks, self._greet = [], False
        return messages

    def _welcome(self, peer: Peer, now_ms: float) -> tuple[Topics, Replica]:
        """The replica of `peer`: a stranger gets one, in the place of its former life."""
        topics: Topics = {}
        known = self.replicas.get(peer.name)
        if known is not None and known.peer == peer:
            return topics, known
        if known is not None:
            topics = self._bury(known.peer, now_ms)
        self._greet = True
        self._state.changes.record(True)
        replica = self.replicas[peer.name] = Replica(peer, now_ms)
        return topics, replica

    def _take_in(self, replica: Replica, message: Message) -> Topics:
        change = Change()
        match message:
            case Ask(_, whom):
                self.asked = self.asked or whom == self.me
                return {}
            case Heartbeat(_, clock):
                replica.claim(clock)
            case Delta():
                change = replica.merge(message)
            case Page():
                change = replica.take_page(message)
        if replica.up:
            return self._state.exchange(*change)
        if replica.behind:
            return {}  # it was away, and what is known of it is old: show it when it is complete
        replica.up = True
        log.warning("node %s is back with %d presences", *self._known(replica))
        return self._state.exchange(replica.entries.values(), ())

    def _ask_if_behind(self, replica: Replica, now_ms: float) -> None:
        if replica.behind and now_ms - replica.asked_ms >= self.periods.heartbeat:
            replica.asked_ms = now_ms
            self._asks.append(Ask(self.me, replica.peer))

    def _bury(self, peer: Peer, now_ms: float) -> Topics:
        """This life is over for good."""
        self._dead[peer.life] = now_ms
        replica = self.replicas.get(peer.name)
        return self._remove(replica) if replica is not None and replica.peer == peer else {}

    def _remove(self, replica: Replica) -> Topics:
        del self.replicas[replica.peer.name]
        if not self.replicas:
            self._state.changes.record(False)
        return self._state.exchange((), replica.entries.values() if replica.up else ())

    def _forgive_own_pause(self, now_ms: float) -> None:
        """Nobody was silent while this node itself was stopped or too busy to listen."""
        late = 0.0 if self._ticked_ms is None else now_ms - self._ticked_ms - self.periods.heartbeat
        self._ticked_ms = now_ms
        if late > self.periods.heartbeat:
            for replica in self.replicas.values():
                replica.heard_ms = min(now_ms, replica.heard_ms + late)

    def _meet_namesake(self, peer: Peer, now_ms: float) -> None:
        if peer != self.me and peer.life not in self._dead:
            self._dead[peer.life] = now_ms  # for a while, so that not each of its heartbeats is a line
            log.warning("there are two presences on nodes called %r: they don't see each other", peer.name)

    @staticmethod
    def _known(replica: Replica) -> tuple[str, int]:
        return replica.peer.name, len(replica.entries)
