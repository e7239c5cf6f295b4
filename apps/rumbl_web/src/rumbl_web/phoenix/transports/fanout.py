"""Publishing to groups: one frame for all, written in slices, in an order that holds for every connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from rumbl_web.phoenix.transport import Subscription
from rumbl_web.phoenix.transports import syscalls
from rumbl_web.phoenix.transports.connection import OPEN, HubConnection
from rumbl_web.phoenix.transports.group import Group, Held, HubSubscription
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

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def full(self) -> bool:
        """So much waits in the logs that the hub had better make visits before it takes more.

        It also keeps what one visit writes well under what an outbox holds.
        """
        return self._logged > self._most_logged

    def subscribe(self, subscription: HubSubscription, key: Hashable) -> None:
        """Put `subscription`, held, into the group of `key`."""
        connection = subscription.connection
        if connection.phase != OPEN or connection.fd < 0:
            return
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key)
        group.add(subscription)
        connection.subscriptions += (subscription,)

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
        self._logged += len(frame)
        group.append(frame, self._published)
        if excluded is not None:
            excluded.cursor = group.end

    def release(self, subscription: HubSubscription) -> None:
        """Deliver what was held and let the rest flow."""
        if subscription.group is None or subscription.held is None:
            return
        self.catch_up(subscription.connection)
        held, subscription.held = subscription.held, None
        for frame in held.frames if held else ():
            self._wire.put(subscription.connection, frame)

    def cancel(self, subscription: HubSubscription) -> None:
        """Take `subscription` out of its group, after delivering what was published before."""
        group = subscription.group
        if group is None:
            return
        connection = subscription.connection
        self.catch_up(connection)
        self._remove(subscription, group)
        connection.subscriptions = tuple(one for one in connection.subscriptions if one is not subscription)

    def leave(self, connection: HubConnection) -> None:
        """Cancel all subscriptions of `connection`, delivering nothing more."""
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
            subscription.cursor = group.end
        missed.sort()
        for _, frame in missed:
            self._wire.put(connection, frame)

    def run(self) -> None:
        """Make the visits of one slice, each active group in turn."""
        budget = self._options.slice_size
        while budget > 0 and self.active:
            group = self.active[0]
            visits = group.take_visits(budget)
            budget -= len(visits)
            self._visit(group, visits)
            self._logged -= group.settle()
            if group.todo:
                self.active.rotate(-1)
            else:
                self.active.popleft()

    def _visit(self, group: Group, visits: list[HubSubscription]) -> None:
        """Bring each of `visits` to the end of the log, with one write for all it lacks.

        The one loop of the hub whose length is the number of listeners: no calls but the write itself, and
        the detour for those that are held, slow, or behind in several groups.
        """
        wire, write, end = self._wire, syscalls.writer(len(visits)), group.end
        merging = len(self.active) > 1
        at, lacking, blob, size = -1, 0, b"", 0
        frames_out = bytes_out = 0
        for subscription in visits:
            cursor = subscription.cursor
            if cursor >= end:
                continue
            connection = subscription.connection
            if subscription.held is not None or connection.outbox is not None:
                self.catch_up(connection)
                continue
            if merging and len(connection.subscriptions) > 1:
                self.catch_up(connection)
                continue
            if cursor != at:
                at, lacking, blob = cursor, end - cursor, b"".join(group.since(cursor))
                size = len(blob)
            subscription.cursor = end
            sent = write(connection.fd, blob, size)
            frames_out += lacking
            bytes_out += size
            if sent != size:
                wire.written_short(connection, blob, sent)
        wire.frames_out += frames_out
        wire.bytes_out += bytes_out

    def _hold(self, subscription: HubSubscription, held: Held, group: Group) -> None:
        held.keep(group.since(subscription.cursor))
        subscription.cursor = group.end
        if len(held.frames) > self._options.held_frames or held.size > self._options.held_bytes:
            self._wire.broken.append((subscription.connection, TOO_SLOW))

    def _remove(self, subscription: HubSubscription, group: Group) -> None:
        group.remove(subscription)
        if group.empty:
            self._groups.pop(group.key, None)
