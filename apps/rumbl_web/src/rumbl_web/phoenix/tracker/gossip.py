"""What nodes say to each other about presence, and how it is written: an event and a JSON payload.

    heartbeat  I live, and my clock is so
    delta      what my presences did between two clocks
    state      one page of all my presences at one clock
    ask        you: I have missed something of yours, tell your state
    bye        I stop, forget mine

Entries travel as `[topic, key, clock, meta]`. What another node sends is checked here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from rumbl_web.phoenix.tracker.room import Entry

MAX_BYTES: Final = 60_000
"""What is longer goes in several messages; only a single entry may be longer than this."""

MAX_PAGES: Final = 100_000

_SCALARS: Final = {str, int, float, bool, type(None)}
_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


class Malformed(ValueError):
    """This is none of the messages above."""


class Peer(NamedTuple):
    """One life of a node: its name, and a random word that tells this life from those before."""

    name: str
    life: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`peer` lives and has told everything up to `clock`."""

    peer: Peer
    clock: int


@dataclass(frozen=True, slots=True)
class Delta:
    """The changes of `peer` with clocks above `start` up to `end`; leaves are the clocks of entries."""

    peer: Peer
    start: int
    end: int
    joins: Sequence[Entry]
    leaves: Sequence[int]


@dataclass(frozen=True, slots=True)
class Page:
    """Page `number` (from 0) of `pages` of all entries that `peer` had at `clock`."""

    peer: Peer
    clock: int
    number: int
    pages: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Ask:
    """`peer` wants the state of `whom`."""

    peer: Peer
    whom: Peer


@dataclass(frozen=True, slots=True)
class Bye:
    """`peer` stops."""

    peer: Peer


Message = Heartbeat | Delta | Page | Ask | Bye


def plain(topic: str, key: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `meta` as the other nodes will read it. Raises TypeError for an entry that JSON can't carry.

    What is inside is copied too: if the caller changed that later, no node could be told any more.
    """
    copy = {**meta}
    written = orjson.dumps((topic, key, copy), option=_OPTIONS)
    if all(type(name) is str and type(value) in _SCALARS for name, value in copy.items()):
        return copy
    read: dict[str, Any] = orjson.loads(written)[2]
    return read


def size(entry: Entry) -> int:
    """How many bytes `entry` takes in a message."""
    return len(orjson.dumps(_item(entry), option=_OPTIONS))


def pages(peer: Peer, clock: int, entries: Sequence[Entry]) -> list[Page]:
    """The state of `peer` at `clock`, cut into pages of about MAX_BYTES; at least one."""
    cut = list(_cut(entries))
    return [Page(peer, clock, number, len(cut), part) for number, part in enumerate(cut)]


def encode(message: Message) -> tuple[str, dict[str, Any]]:
    """Write `message` as an event and a payload."""
    sender = {"from": list(message.peer)}
    match message:
        case Heartbeat(_, clock):
            return "heartbeat", {**sender, "clock": clock}
        case Delta(_, start, end, joins, leaves):
            return "delta", {
                **sender, "start": start, "end": end, "joins": [*map(_item, joins)], "leaves": list(leaves)
            }  # fmt: skip
        case Page(_, clock, number, total, entries):
            return "state", {
                **sender, "clock": clock, "page": number, "pages": total, "entries": [*map(_item, entries)]
            }  # fmt: skip
        case Ask(_, whom):
            return "ask", {**sender, "whom": list(whom)}
        case Bye():
            return "bye", sender


def decode(event: str, payload: object) -> Message:
    """Read what `encode` wrote. Raises Malformed for anything else."""
    read = _READERS.get(event)
    if read is None or not isinstance(payload, dict):
        raise Malformed(f"no such event: {event!r:.50}")
    try:
        return read(_peer(payload["from"]), payload)
    except KeyError as error:
        raise Malformed(f"{error} is missing") from None


def _item(entry: Entry) -> list[Any]:
    return [entry.topic, entry.key, entry.clock, entry.meta]


def _cut(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    length = 0
    for entry in entries:
        grown = size(entry)
        if part and length + grown > MAX_BYTES:
            yield part
            part, length = [], 0
        part.append(entry)
        length += grown
    yield part


# -- reading: each gives the value in its type or raises Malformed


def _delta(peer: Peer, payload: dict[str, Any]) -> Delta:
    start, end = _number(payload["start"]), _number(payload["end"])
    leaves = [_number(clock) for clock in _list(payload["leaves"])]
    return Delta(peer, start, end, _entries(payload["joins"], above=start, up_to=end), leaves)


def _page(peer: Peer, payload: dict[str, Any]) -> Page:
    clock, total = _number(payload["clock"]), _number(payload["pages"])
    number = _number(payload["page"])
    if not number < total <= MAX_PAGES:
        raise Malformed(f"page {number} of {total}")
    return Page(peer, clock, number, total, _entries(payload["entries"], above=0, up_to=clock))


_READERS: Final[dict[str, Callable[[Peer, dict[str, Any]], Message]]] = {
    "heartbeat": lambda peer, payload: Heartbeat(peer, _number(payload["clock"])),
    "delta": _delta,
    "state": _page,
    "ask": lambda peer, payload: Ask(peer, _peer(payload["whom"])),
    "bye": lambda peer, _payload: Bye(peer),
}


def _entries(value: object, above: int, up_to: int) -> list[Entry]:
    entries = [_entry(item) for item in _list(value)]
    if not all(above < entry.clock <= up_to for entry in entries):
        raise Malformed(f"an entry's clock is not in {above}..{up_to}")
    if len({entry.clock for entry in entries}) < len(entries):
        raise Malformed("two entries have one clock")  # only one of them could ever leave
    return entries


def _entry(value: object) -> Entry:
    match value:
        case [str(topic), str(key), clock, {"phx_ref": str(), **_rest} as meta] if isinstance(meta, dict):
            return Entry(None, topic, key, meta, _number(clock))
    raise Malformed(f"no entry: {value!r:.100}")


def _peer(value: object) -> Peer:
    match value:
        case [str(name), str(life)] if name and life:
            return Peer(name, life)
    raise Malformed(f"no peer: {value!r:.100}")


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Malformed(f"no clock or number: {value!r:.50}")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"no list: {value!r:.50}")
    return value
