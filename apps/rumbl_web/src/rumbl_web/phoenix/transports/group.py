"""Groups of subscriptions, and what was published to each but is not yet written to all.

A group keeps a log of frames and every subscription a cursor into it. Visiting a subscription moves its
cursor to the end, with all frames it has missed in one write. Visits go round and round: after a publish
there are as many left as there are subscriptions, wherever the round is, so each is visited once and frames
that come meanwhile are taken along by whoever is visited later.

Cursors and descriptors lie in arrays beside the members: a visit of thousands that all lack the same is a few
operations on slices, and touches none of their objects.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Hashable
from typing import Final

from rumbl_web.phoenix.transports.connection import HubConnection

CANCELLED: Final = sys.maxsize
"""The cursor of a cancelled subscription: nothing lies ahead of it."""

DETOUR: Final = -1
"""Instead of a descriptor: this subscription is held, slow, a twin or cancelled, and must be looked at."""

_FEW = 8


class Held:
    """The frames that a held subscription keeps."""

    __slots__ = ("frames", "size")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.size = 0

    def keep(self, frames: list[bytes]) -> None:
        """Put `frames` behind those that are kept."""
        self.frames += frames
        self.size += sum(map(len, frames))


class HubSubscription:
    """The `Subscription` of the hub. All but the two methods of the protocol is for the hub's thread.

    `place` is its index in the group's arrays. A `twin` has the same connection as another one of its group:
    a batch must not write to one descriptor twice, for the first write may fall short.
    """

    __slots__ = ("connection", "group", "held", "place", "twin")

    def __init__(self, connection: HubConnection) -> None:
        self.connection = connection
        self.group: Group | None = None
        self.place = 0
        self.held: Held | None = Held()
        self.twin = False

    @property
    def cursor(self) -> int:
        """The position in the log up to which it has everything."""
        return CANCELLED if self.group is None else self.group.cursors[self.place]

    def aim(self) -> None:
        """Let visits write to the descriptor, or make them come here first."""
        group, connection = self.group, self.connection
        if group is not None:
            plain = self.held is None and connection.outbox is None and not self.twin
            group.fds[self.place] = connection.fd if plain else DETOUR

    def release(self) -> None:
        """Deliver what was held, after everything sent before this call, and let the rest flow."""
        hub = self.connection.hub
        hub.call(hub.fanout.release, self)

    def cancel(self) -> None:
        """Leave the group; nothing published after this call is delivered. May be called twice."""
        hub = self.connection.hub
        hub.call(hub.fanout.cancel, self)


class Group:
    """The subscriptions of one key and the log of frames that some of them lack. No thread but the hub's.

    `todo` is the number of visits left; `shared` that of the members whose connection is in several groups.
    Positions in the log grow for ever; the log itself is cut once a round, so it holds what was published in
    two rounds at most.
    """

    __slots__ = (
        "_at",
        "_base",
        "_cancelled",
        "_frames",
        "_mark",
        "_orders",
        "cursors",
        "end",
        "fds",
        "key",
        "members",
        "shared",
        "todo",
    )

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.members: list[HubSubscription] = []
        self.cursors = array("q")
        self.fds = array("i")
        self.end = 0
        self.todo = 0
        self.shared = 0
        self._frames: list[bytes] = []
        self._orders: list[int] = []
        self._base = 0
        self._mark = 0
        self._at = 0
        self._cancelled = 0

    @property
    def empty(self) -> bool:
        """Nobody is subscribed."""
        return self._cancelled == len(self.members)

    def append(self, frame: bytes, order: int) -> None:
        """Put `frame` into the log. `order` counts the frames of all groups, to merge them later."""
        self._frames.append(frame)
        self._orders.append(order)
        self.end += 1
        self.todo = len(self.members)

    def since(self, cursor: int) -> list[bytes]:
        """Return the frames that a subscription at `cursor` lacks."""
        return self._frames[cursor - self._base :]

    def ordered_since(self, cursor: int) -> list[tuple[int, bytes]]:
        """Return the same with their `order`."""
        start = cursor - self._base
        return list(zip(self._orders[start:], self._frames[start:], strict=True))

    def add(self, subscription: HubSubscription) -> None:
        """Subscribe; what is in the log already is not for it."""
        subscription.group = self
        subscription.place = len(self.members)
        self.members.append(subscription)
        self.cursors.append(self.end)
        self.fds.append(DETOUR)
        if self.todo:
            self.todo += 1

    def remove(self, subscription: HubSubscription) -> None:
        """Cancel. The place in `members` is cleared later, since a round may be under way."""
        self.cursors[subscription.place] = CANCELLED
        self.fds[subscription.place] = DETOUR
        subscription.group = None
        subscription.held = None
        self._cancelled += 1
        if not self.todo and self._cancelled > max(_FEW, len(self.members) // 2):
            self._compact()

    def take_visits(self, most: int) -> slice:
        """Return the next places of the round, at most `most` of them, and count them as visited."""
        start = self._at
        self._at = min(start + min(most, self.todo), len(self.members))
        self.todo -= self._at - start
        return slice(start, self._at)

    def level(self, places: slice) -> int | None:
        """Return the cursor that all of `places` share; None if they differ or one needs a detour."""
        cursors = self.cursors[places]
        first = cursors[0]
        if cursors != array("q", (first,)) * len(cursors) or DETOUR in self.fds[places]:
            return None
        return first

    def advance(self, places: slice) -> None:
        """Move the cursors of all `places` to the end."""
        self.cursors[places] = array("q", (self.end,)) * (places.stop - places.start)

    def settle(self) -> int:
        """Forget the frames that nobody lacks any more, and return their bytes.

        To be called after the visits were made.
        """
        forgotten = 0
        wrapped = self._at >= len(self.members)
        if wrapped:
            self._compact()
        if not self.todo:
            forgotten = self._cut(self.end)
        elif wrapped:
            forgotten = self._cut(self._mark)
        if wrapped:
            self._mark = self.end
        return forgotten

    def _cut(self, position: int) -> int:
        cut = max(0, position - self._base)
        forgotten = sum(map(len, self._frames[:cut]))
        del self._frames[:cut]
        del self._orders[:cut]
        self._base += cut
        return forgotten

    def _compact(self) -> None:
        """Close the gaps. The next visit is at the first place: no round is under way, or one ends here."""
        self._at = 0
        if not self._cancelled:
            return
        self.members = [one for one in self.members if one.group is self]
        self.fds = array("i", [self.fds[one.place] for one in self.members])
        self.cursors = array("q", [self.cursors[one.place] for one in self.members])
        for place, one in enumerate(self.members):
            one.place = place
        self._cancelled = 0
        self.todo = min(self.todo, len(self.members))
