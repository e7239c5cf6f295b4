"""Publishing to groups: one frame for all, written in slices, in an order that holds for every connection."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Hashable, Sequence

from rumbl_web.phoenix.transport import Subscription
from rumbl_web.phoenix.transports.connection import OPEN, HubConnection
from rumbl_web.phoenix.transports.group import DETOUR, Group, Held, HubSubscription
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.wire import TOO_SLOW, Wire


class FanOut:
    """All groups, and those with visits to make (`active`). No thread but the hub's."""

    def __init__(self, wire: Wire, options: HubOptions) -> None:
        self._wire = wire
        self._options = options
        self._groups: dict[Hashable, Group] = {}
        self._published = 0
        self._logged = 0
        self._most_logged = options.outbox_bytes // 2
        self.active: deque[Group] = deque()
        # So much waits in the logs that the hub had better make visits before it takes more. It also keeps
        # what one visit writes well under what an outbox holds. Kept, since the hub looks for every call.
        self.full = False

    def __len__(self) -> int:
        return len(self._groups)

    def subscribe(self, subscription: HubSubscription, key: Hashable) -> None:
        """Put `subscription`, held, into the group of `key`."""
        connection = subscription.connection
        if connection.phase != OPEN or connection.fd < 0:
            return
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key)
        group.add(subscription)
        _count_shared(connection, -1)
        connection.subscriptions += (subscription,)
        _count_shared(connection, 1)
        _tell_twins(connection, group)

    def publish(self, key: Hashable, frame: bytes, exclude: Subscription | None) -> None:
        """Put `frame` into the log of the group; the visits that deliver it are made by `run`."""
        group = self._groups.get(key)
        if group is None:
            return
        excluded = exclude if isinstance(exclude, HubSubscription) and exclude.group is group else None
        if excluded is not None:
            self.catch_up(excluded.connection)
        if not group.todo:
            self.active.append(group)
        self._published += 1
        self._log(len(frame))
        group.append(frame, self._published)
        if excluded is not None:
            group.cursors[excluded.place] = group.end

    def release(self, subscription: HubSubscription) -> None:
        """Deliver what was held and let the rest flow."""
        if subscription.group is None or subscription.held is None:
            return
        self.catch_up(subscription.connection)
        held, subscription.held = subscription.held, None
        subscription.aim()
        for frame in held.frames if held else ():
            self._wire.put(subscription.connection, frame)

    def cancel(self, subscription: HubSubscription) -> None:
        """Take `subscription` out of its group, after delivering what was published before."""
        group = subscription.group
        if group is None:
            return
        connection = subscription.connection
        self.catch_up(connection)
        _count_shared(connection, -1)
        self._remove(subscription, group)
        connection.subscriptions = tuple(one for one in connection.subscriptions if one is not subscription)
        _count_shared(connection, 1)
        _tell_twins(connection, group)

    def leave(self, connection: HubConnection) -> None:
        """Cancel all subscriptions of `connection`, delivering nothing more."""
        _count_shared(connection, -1)
        subscriptions, connection.subscriptions = connection.subscriptions, ()
        for subscription in subscriptions:
            if subscription.group is not None:
                self._remove(subscription, subscription.group)

    def members(self, key: Hashable) -> list[HubConnection]:
        """Return the connections in the group of `key`."""
        group = self._groups.get(key)
        return [one.connection for one in group.members if one.group] if group else []

    def catch_up(self, connection: HubConnection) -> None:
        """Queue for `connection` what no round has brought it yet, in the order of publishing."""
        if not self.active:
            return
        missed: list[tuple[int, bytes]] = []
        for subscription in connection.subscriptions:
            group = subscription.group
            if group is None or subscription.cursor == group.end:
                continue
            if subscription.held is not None:
                self._hold(subscription, subscription.held, group)
                continue
            missed += group.ordered_since(subscription.cursor)
            group.cursors[subscription.place] = group.end
        missed.sort()
        for _, frame in missed:
            self._wire.put(connection, frame)

    def run(self) -> None:
        """Make the visits of one slice, each active group in turn."""
        budget = self._options.slice_size
        while budget > 0 and self.active:
            group = self.active[0]
            places = group.take_visits(budget)
            budget -= places.stop - places.start
            if places.stop > places.start:
                self._visit(group, places)
            self._log(-group.settle())
            if group.todo:
                self.active.rotate(-1)
            else:
                self.active.popleft()

    def _log(self, size: int) -> None:
        self._logged += size
        self.full = self._logged > self._most_logged

    def _visit(self, group: Group, places: slice) -> None:
        """Bring each of `places` to the end of the log, with one write for all it lacks."""
        apart = bool(group.shared) and len(self.active) > 1
        cursor = None if apart else group.level(places)
        if cursor is None:
            self._visit_each(group, places, apart)
        elif cursor < group.end:
            group.advance(places)
            self._write(group, range(places.start, places.stop), group.fds[places], cursor)

    def _visit_each(self, group: Group, places: slice, apart: bool) -> None:
        """The same for places that differ; `apart` for those whose connections are in several groups."""
        lacking: dict[int, list[int]] = {}
        for place in range(places.start, places.stop):
            cursor = group.cursors[place]
            if cursor >= group.end:
                continue
            connection = group.members[place].connection
            if group.fds[place] == DETOUR or (apart and len(connection.subscriptions) > 1):
                self.catch_up(connection)
            else:
                group.cursors[place] = group.end
                lacking.setdefault(cursor, []).append(place)
        for cursor, alike in lacking.items():
            self._write(group, alike, array("i", [group.fds[place] for place in alike]), cursor)

    def _write(self, group: Group, places: Sequence[int], fds: array[int], cursor: int) -> None:
        frames = group.since(cursor)
        data = b"".join(frames)
        wire = self._wire
        wire.frames_out += len(frames) * len(fds)
        wire.bytes_out += len(data) * len(fds)
        took = wire.burst.write(fds, data)
        for place, size in zip(places, took or (), strict=False):
            if size != len(data):
                wire.written_short(group.members[place].connection, data, size)

    def _hold(self, subscription: HubSubscription, held: Held, group: Group) -> None:
        held.keep(group.since(subscription.cursor))
        group.cursors[subscription.place] = group.end
        if len(held.frames) > self._options.held_frames or held.size > self._options.held_bytes:
            self._wire.broken.append((subscription.connection, TOO_SLOW))

    def _remove(self, subscription: HubSubscription, group: Group) -> None:
        group.remove(subscription)
        if group.empty:
            self._groups.pop(group.key, None)


def _count_shared(connection: HubConnection, step: int) -> None:
    """Around a change of its subscriptions: groups count the connections that others have too."""
    if len(connection.subscriptions) > 1:
        for subscription in connection.subscriptions:
            if subscription.group is not None:
                subscription.group.shared += step


def _tell_twins(connection: HubConnection, group: Group) -> None:
    """After a change of its subscriptions: is it in `group` more than once?"""
    here = [one for one in connection.subscriptions if one.group is group]
    for subscription in here:
        subscription.twin = len(here) > 1
        subscription.aim()
