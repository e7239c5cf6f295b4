"""One page on one video, without a browser: as the front end's connection.js, catch-up.js, sender.js."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable
from functools import partial
from itertools import compress
from typing import Any

from tests.soak.link import Link
from tests.soak.loop import Loop
from tests.soak.room import Room
from tests.soak.tally import Tally
from tests.viewer import Chain

RECONNECT_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)  # backoff.js
REJOIN_S = (1.0, 2.0, 5.0, 10.0)
LATE_S, SPREAD_S, LONGEST_LATE_S = 0.5, 2.0, 30.0  # catch-up.js
IN_FLIGHT = 8  # sender.js
BUSY_S, LONGEST_BUSY_S = 0.5, 8.0
PUSH_TIMEOUT_S = 10.0  # phoenix.js
HEARTBEAT_S = 30.0

Answer = Callable[[dict[str, Any] | None], None]
"""Called with the payload of a reply, or with None when none came in time."""


class Tab:
    """Joins and stays joined, keeps what it wrote until that is acknowledged, and marks what it has seen."""

    def __init__(self, loop: Loop, room: Room, token: str, port: int, tally: Tally, chance: random.Random):
        self.room = room
        self.joined = False
        self.pending: dict[str, float] = {}
        """The moment at which each note was written that has no acknowledgement yet, by its key."""
        self._path = f"/socket/websocket?token={token}&vsn=2.0.0"
        self._loop, self._port, self._tally, self._chance = loop, port, tally, chance
        self._refs = itertools.count(1)
        self._link: Link | None = None
        self._open = False
        self._turn = 0  # counts connections: what was begun on an earlier one is void
        self._tries = self._rejoins = self._fails = self._busy = 0
        self._lost_at: float | None = None
        self._join_ref = ""
        self._asked: dict[str, Answer] = {}
        self._heartbeat = ""
        self._bodies: dict[str, str] = {}
        self._waiting: dict[str, None] = {}
        self._sending: set[str] = set()
        self._pause_until = 0.0
        self._chain = Chain()
        self._minding = False
        self._seen, self._live = bytearray(), bytearray()

    @property
    def lacks(self) -> bool:
        """Whether it knows of a note that it does not have."""
        return self._chain.gap

    @property
    def complete_to(self) -> int:
        """The id of the last note up to which it has all."""
        return self._chain.id

    def ids(self) -> set[int]:
        """The ids of all notes that it has shown."""
        return set(compress(self.room.ids, self._seen))

    def connect(self) -> None:
        """Begin, or come back."""
        self._turn += 1
        self._open = False
        self._link = Link(self._loop, self._port, self._path, self)
        self._later(PUSH_TIMEOUT_S, partial(self._unless_open, self._link))

    def write(self, key: str, body: str) -> None:
        """Write a note; without a channel it waits."""
        self.pending[key] = time.monotonic()
        self._bodies[key] = body
        self._waiting[key] = None
        self._flush()

    def close(self) -> None:
        """Close the tab."""
        self._turn += 1
        self.joined = False
        if self._link is not None:
            self._link.close()

    # -- the connection

    def opened(self) -> None:
        """Join; tell from time to time that we live."""
        self._open, self._heartbeat = True, ""
        self._later(HEARTBEAT_S * self._chance.random(), self._beat)
        self._join()

    def heard(self, data: bytes) -> None:
        """Take in one message."""
        join_ref, ref, _, event, payload = self.room.message(data)
        if event == "new_annotation":
            self._hear(payload)
        elif event == "phx_reply":
            if ref == self._heartbeat:
                self._heartbeat = ""
            elif answer := self._asked.pop(ref, None):
                answer(payload)
        elif event == "latest":
            self._chain.heard(payload["id"])
            self._mind()
        elif event in {"phx_error", "phx_close"} and join_ref == self._join_ref:
            self._tally.counts[event] += 1
            self._leave()
            self._rejoin()

    def gone(self, code: int | None) -> None:
        """Come back, later with each try that fails."""
        self._tally.counts[f"closed {code}"] += 1
        self._turn += 1
        self._leave()
        wait_s = RECONNECT_S[min(self._tries, len(RECONNECT_S) - 1)]
        self._tries += 1
        self._later(self._spread(wait_s), self.connect)

    def _unless_open(self, link: Link) -> None:
        if not self._open:
            self._tally.counts["connections that hung"] += 1
            self._drop(link)

    def _drop(self, link: Link | None) -> None:
        if link is not None:
            link.close()
            self.gone(None)

    def _beat(self) -> None:
        if self._heartbeat:
            self._tally.counts["heartbeats without an answer"] += 1
            self._drop(self._link)
            return
        self._heartbeat = self._send("phoenix", "heartbeat", {})
        self._later(HEARTBEAT_S, self._beat)

    # -- the channel

    def _join(self) -> None:
        asked = self._chain.ask()
        self._join_ref = self._push("phx_join", {"last_seen_id": asked[0]}, partial(self._on_join, asked))

    def _on_join(self, asked: tuple[int, int], payload: dict[str, Any] | None) -> None:
        if payload is None or payload["status"] != "ok":
            self._tally.counts["joins refused" if payload else "joins without an answer"] += 1
            self._rejoin()
            return
        self.joined, self._tries, self._rejoins, self._fails = True, 0, 0, 0
        self._live = bytearray()
        self._page(asked, payload["response"])
        if self._lost_at is not None:
            self._tally.returned(self._lost_at)
            self._lost_at = None
        self._flush()

    def _rejoin(self) -> None:
        wait_s = REJOIN_S[min(self._rejoins, len(REJOIN_S) - 1)]
        self._rejoins += 1
        self._later(self._spread(wait_s), self._join)

    def _leave(self) -> None:
        """The channel is down: what was on its way is waiting again."""
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        self.joined = self._minding = False
        self._asked.clear()
        self._waiting = dict.fromkeys([*self._sending, *self._waiting])
        self._sending.clear()

    # -- what was missed

    def _page(self, asked: tuple[int, int], page: dict[str, Any]) -> None:
        before = self._chain.id
        ids = [note["id"] for note in page["annotations"]]
        for id in ids:
            _count(self._seen, self.room.number(id))
        self._chain.page(asked, ids, page["more"])
        self._fails = 0 if self._chain.id > before or not self._chain.gap else self._fails + 1
        if page["more"]:
            self._ask()
        else:
            self._mind()

    def _mind(self) -> None:
        """Notes that overtake each other make one gap after the other: only one that lasts is asked for."""
        if self._minding or not self._chain.gap or not self.joined:
            return
        self._minding = True
        wait_s = (LATE_S + SPREAD_S * self._chance.random()) * 2**self._fails
        self._later(min(wait_s, LONGEST_LATE_S), partial(self._still, self._chain.ask()[1]))

    def _still(self, heard: int) -> None:
        self._minding = False
        if self._chain.id < heard and self.joined:
            self._ask()
        else:
            self._mind()

    def _ask(self) -> None:
        self._minding = True
        self._tally.counts["gaps asked for"] += 1
        asked = self._chain.ask()
        self._push("list_annotations", {"after_id": asked[0]}, partial(self._on_list, asked))

    def _on_list(self, asked: tuple[int, int], payload: dict[str, Any] | None) -> None:
        self._minding = False
        if payload is not None and payload["status"] == "ok":
            self._page(asked, payload["response"])
        else:
            self._fails += 1
            self._mind()

    # -- notes

    def _hear(self, note: dict[str, Any]) -> None:
        self._tally.counts["deliveries"] += 1
        number = self.room.number(note["id"])
        _count(self._seen, number)
        if _count(self._live, number) > 1:
            self._tally.counts["notes told again on a connection"] += 1
        self._chain.live(note["id"], note["prev"])
        if self._chain.gap:
            self._mind()

    def _flush(self) -> None:
        wait_s = self._pause_until - time.monotonic()
        while self.joined and self._waiting and len(self._sending) < IN_FLIGHT and wait_s <= 0:
            key = next(iter(self._waiting))
            del self._waiting[key]
            self._sending.add(key)
            note = {"body": self._bodies[key], "at": 1, "key": key}
            self._push("new_annotation", note, partial(self._on_note, key, time.monotonic()))

    def _on_note(self, key: str, pushed_at: float, payload: dict[str, Any] | None) -> None:
        self._tally.answered(pushed_at)
        self._sending.discard(key)
        if payload is not None and payload["status"] == "ok":
            self._busy = 0
            self.pending.pop(key, None)
            self._bodies.pop(key, None)
            self.room.acknowledged[key] = payload["response"]["id"]
            self._chain.heard(payload["response"]["id"])
            self._mind()
        else:
            self._again(key, payload)
        self._flush()

    def _again(self, key: str, payload: dict[str, Any] | None) -> None:
        self._waiting[key] = None
        if payload is None:
            self._tally.counts["notes without an answer"] += 1
            return
        if payload["response"] != {"reason": "unavailable"}:
            self._tally.counts[f"note refused: {payload['response']}"] += 1
        now = time.monotonic()
        self._tally.postponed.append(now)
        if self._pause_until <= now:
            wait_s = min(BUSY_S * 2**self._busy, LONGEST_BUSY_S)
            self._busy += 1
            self._pause_until = now + wait_s
            self._later(wait_s + 0.01, self._flush)

    # -- messages

    def _push(self, event: str, payload: dict[str, Any], answer: Answer) -> str:
        ref = self._send(self.room.topic, event, payload)
        self._asked[ref] = answer
        self._later(PUSH_TIMEOUT_S, partial(self._time_out, ref))
        return ref

    def _time_out(self, ref: str) -> None:
        if answer := self._asked.pop(ref, None):
            answer(None)

    def _send(self, topic: str, event: str, payload: dict[str, Any]) -> str:
        ref = str(next(self._refs))
        join_ref = ref if event == "phx_join" else self._join_ref
        assert self._link is not None
        self._link.send(json.dumps([join_ref, ref, topic, event, payload]).encode())
        return ref

    def _later(self, seconds: float, task: Callable[[], None]) -> None:
        turn = self._turn
        self._loop.later(seconds, lambda: task() if turn == self._turn else None)

    def _spread(self, seconds: float) -> float:
        return seconds * (0.5 + self._chance.random())


def _count(marks: bytearray, number: int) -> int:
    """One more of this number; how many there are now, 255 at most."""
    if number >= len(marks):
        marks.extend(bytes(number + 256 - len(marks)))
    marks[number] = min(marks[number] + 1, 255)
    return marks[number]
