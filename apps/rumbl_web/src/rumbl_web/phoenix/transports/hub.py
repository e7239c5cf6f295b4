"""The hub: one thread with epoll that owns every WebSocket connection.

A turn of the thread: sleep until a socket or a caller has something, read, run the calls of other threads
in their order, write what they queued, make one slice of the fan-outs. Nothing in a turn blocks, so nothing
may be called from it that does; handlers are called on this thread.

Calls of other threads go through one deque. The hub is woken by an eventfd, and only when it sleeps. A lone
answer does not wake it: whoever has one writes it in the hub's place while that sleeps (`write_at_once`).
"""

from __future__ import annotations

import logging
import os
import select
import socket
import sys
import threading
import time
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Hashable
from threading import get_ident
from typing import Any

from info_sys.otp import thread_policy
from rumbl_web.phoenix import telemetry
from rumbl_web.phoenix.transport import Connection, Opcode, SocketHandler, Subscription
from rumbl_web.phoenix.transports import backlog, descriptors, frames, syscalls
from rumbl_web.phoenix.transports.connection import OPEN, HubConnection
from rumbl_web.phoenix.transports.conversation import Conversations
from rumbl_web.phoenix.transports.fanout import FanOut
from rumbl_web.phoenix.transports.group import HubSubscription
from rumbl_web.phoenix.transports.options import HubOptions, Limits
from rumbl_web.phoenix.transports.poll_session import PollSession
from rumbl_web.phoenix.transports.polls import Polls
from rumbl_web.phoenix.transports.sweep import SERVICE_RESTART, Sweep
from rumbl_web.phoenix.transports.wire import BROKEN, Wire, tune

log = logging.getLogger(__name__)

_EVENTS_PER_TURN = 256
_CALLS_PER_TURN = 1000
_HANDLER_FAILED = 1011
_PAUSE_AFTER_UNKNOWN_S = 0.01  # so that one that comes back every turn does not fill the log
_ONE = (1).to_bytes(8, sys.byteorder)  # as eventfd(2) wants it


class Hub:
    """The `Fanout` of all its connections. Every method may be called from any thread.

    The thread starts with the first connection, in the process that has it: a hub may be made before a fork.
    Making one raises the process's limit of open files as far as it is needed.
    """

    def __init__(self, options: HubOptions | None = None) -> None:
        self.options = options or HubOptions()
        self._prepare()
        renew = weakref.WeakMethod(self._renew)
        os.register_at_fork(after_in_child=lambda: (method := renew()) and method())

    def _prepare(self) -> None:
        """Make everything that belongs to one process."""
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._asleep = False
        self._stopping = False
        self._accepting = True
        self._ident = 0
        # Held by whoever may touch what is the hub's: its thread, unless it sleeps.
        self._acting = threading.Lock()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._quiet = threading.Event()
        self._adopted = 0
        self._room = descriptors.room_for(self.options.max_connections)
        self._wire = Wire(self.options)
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._wire.epoll.register(self._wake_fd, select.EPOLLIN | select.EPOLLET)
        self.fanout = FanOut(self._wire, self.options)
        self.conversations = Conversations(self._wire, self.fanout, self.options)
        self._sweep = Sweep(self._wire, self.conversations, self.options)
        self.polls = Polls(self._wire, self.fanout, self.options)
        self._polls_fd = self.polls.deliveries.fd
        self._wire.epoll.register(self._polls_fd, select.EPOLLIN)

    @property
    def accepting(self) -> bool:
        """Whether there is room for a client, and the hub is neither draining nor stopped.

        A session needs room for its poll, also while there is none.
        """
        polling = max(len(self.polls.sessions), self.polls.deliveries.count)
        return self._accepting and self._wire.connections + polling < self._room

    @property
    def has_room_for_poll(self) -> bool:
        """Whether there is room for another descriptor: one session may have many, of polls that it left."""
        return self._wire.connections + self.polls.deliveries.count < self._room

    def adopt(
        self,
        sock: socket.socket,
        handler: SocketHandler,
        *,
        head: bytes = b"",
        early: bytes = b"",
        limits: Limits | None = None,
    ) -> None:
        """Own `sock`, a plain TCP or Unix connection, from now on.

        `head` is written first (the answer to the upgrade); `early` was read already and is handled as if it
        came next; `limits` are those of the options unless given. A stopped hub closes `sock` and tells the
        handler `closed` alone.
        """
        if self._stopping:
            sock.close()
            handler.closed(BROKEN)
            return
        self.start()
        tune(sock, self.options.unsent_bytes)
        self.call(self._adopt, sock.detach(), handler, head, early, limits or self.options.limits)

    def open_session(
        self, token: str, handler: SocketHandler, *, window_s: float, limits: Limits | None = None
    ) -> None:
        """Begin a long-poll session under the name `token`: a connection that is polled for its messages."""
        if self._stopping:
            handler.closed(BROKEN)
            return
        self.start()
        limits, window = limits or self.options.limits, self.polls.window(window_s)
        self.polls.sessions[token] = session = PollSession(self, handler, limits, window, token)
        self.call_later(self.polls.open, session)

    def park(self, session: PollSession, sock: socket.socket, head: bytes) -> None:
        """Own `sock`, whose request polls `session`, and answer it in time; `head` begins the answer."""
        self.start()
        sock.setblocking(False)
        self.call(self.polls.park, session, sock.detach(), head)

    def subscribe(self, connection: Connection, group: Hashable) -> HubSubscription:
        """Put `connection` into `group`, held. Everything published after this call is its."""
        if not isinstance(connection, HubConnection):
            raise TypeError(f"subscribe the connection that opened() was given, not {connection!r}")
        subscription = HubSubscription(connection)
        self.call(self.fanout.subscribe, subscription, group)
        return subscription

    def publish(
        self, group: Hashable, opcode: Opcode, data: bytes, exclude: Subscription | None = None
    ) -> None:
        """Queue one message for every subscription of `group` but `exclude`."""
        self.call(self.fanout.publish, group, frames.encode(opcode, data), exclude)

    def drain(self, spread_s: float = 2.0, wait_s: float = 0.0) -> bool:
        """Close everyone with 1012, evenly over `spread_s`, so that they do not all come back at once.

        Who comes is closed at once. Waits up to `wait_s` for the last to go and returns whether it has.
        """
        self._accepting = False
        started, before = telemetry.start(), self._wire.connections
        self.call_later(self._sweep.drain, spread_s)
        self.call_later(self.polls.drain, spread_s)
        if wait_s > 0 and self._runs():
            self._quiet.wait(wait_s)
        if started:
            counted = {"connections": before, "left": self._wire.connections}
            telemetry.emit("hub.drained", {"duration_s": telemetry.since(started), **counted})
        return not self._wire.connections and not self.polls.busy

    def stop(self, timeout_s: float = 5.0) -> None:
        """Close everyone with 1012, at once and without waiting for their answers, and end the thread."""
        self._accepting = False
        if (thread := self._thread) is None or not self._runs():
            return
        self.call_later(self._stop)
        thread.join(timeout_s)

    def stats(self) -> dict[str, int]:
        """Return the counters of this process since the hub started."""
        return {
            "connections": self._wire.connections,
            "adopted": self._adopted,
            "sessions": len(self.polls.sessions),
            "polls": self.polls.deliveries.count,
            "groups": len(self.fanout),
            "frames_in": self.conversations.frames_in + self.polls.messages_in,
            "frames_out": self._wire.frames_out,
            "bytes_in": self.conversations.bytes_in,
            "bytes_out": self._wire.bytes_out,
            "blocked": len(self._wire.blocked),
            "outbox_bytes": self._wire.outbox_bytes(),
            "failed": self.conversations.failed,
            "slow_closed": self.conversations.slow_closed,
            "backlog": len(self._calls),
        }

    # Calls: from any thread to the hub's

    def call(self, work: Callable[..., None], *args: Any) -> None:
        """Run `work` on the hub's thread, after all earlier calls."""
        if get_ident() == self._ident and not self._calls and not self.fanout.full:
            work(*args)
        else:
            self.call_later(work, *args)

    def call_later(self, work: Callable[..., None], *args: Any) -> None:
        """The same, but never before this returns: for work that calls a handler."""
        if self._thread is None:
            return  # no connection yet, so nobody to send to
        if len(self._calls) >= self.options.max_backlog and get_ident() != self._ident:
            # A thread that calls faster than the hub works is to feel it, instead of the memory.
            backlog.wait_for_room(self._calls, self.options.max_backlog, self._runs)
        self._calls.append((work, args))
        if self._asleep:
            self._asleep = False  # the next caller need not wake it too
            syscalls.write(self._wake_fd, _ONE, len(_ONE))

    def send(self, connection: HubConnection, frame: bytes) -> None:
        """`call(put, connection, frame)` without packing it twice: every message comes this way."""
        if get_ident() == self._ident and not self._calls and not self.fanout.full:
            self.put(connection, frame)
        else:
            self.call_later(self.put, connection, frame)

    def put(self, connection: HubConnection, frame: bytes) -> None:
        """Queue `frame` behind all that `connection` was sent or published before. Hub's thread only."""
        if connection.phase == OPEN:
            if self.fanout.active:
                self.fanout.catch_up(connection)
            self._wire.put(connection, frame)

    def write_at_once(self, connection: HubConnection, frame: bytes) -> bool:
        """Write `frame` on the calling thread if the hub sleeps and nothing waits for it; say whether."""
        if not self._asleep or self._calls or not self._acting.acquire(blocking=False):
            return False
        try:
            self._wire.now = time.monotonic_ns() // 1000
            self.put(connection, frame)
            self._wire.flush()
        finally:
            self._acting.release()
        if self._wire.broken:
            self.call_later(self._wire.flush)  # so that the hub wakes, and ends it
        return True

    # The thread

    def start(self) -> None:
        """Start the thread, which otherwise begins with the first connection."""
        with self._start_lock:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
                self._thread.start()

    def _runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _renew(self) -> None:
        """In a forked child: leave the parent its connections and begin anew."""
        for connection in self._wire.connected():
            os.close(connection.fd)
        self.polls.deliveries.abandon()
        if self._wake_fd >= 0:
            os.close(self._wake_fd)
        self._wire.burst.close()
        self._prepare()

    def _run(self) -> None:
        thread_policy.never_interrupt()
        self._ident = get_ident()
        self._acting.acquire()
        while not self._stopping:
            try:
                self._turn()
            except BaseException:
                log.exception("the hub met what it does not know; going on")
                time.sleep(_PAUSE_AFTER_UNKNOWN_S)
        self._end()

    def _turn(self) -> None:
        events = self._sleep() if len(self._calls) < self.options.max_backlog else []
        wire, polls = self._wire, self.polls
        wire.now = time.monotonic_ns() // 1000
        polled = self._handle(events)
        self._make_calls()
        wire.flush()
        if self.fanout.active:
            self.fanout.run()
            wire.flush()
        self._sweep.run()
        while wire.broken:
            self._broken(*wire.broken.pop())
        if polled or polls.sessions or polls.deliveries.count:
            polls.turn(readable=polled)
        if self._sweep.draining and not wire.connections and not polls.busy:
            self._quiet.set()

    def _sleep(self) -> list[tuple[int, int]]:
        """Wait for events. A call that comes after `_asleep` is set wakes; an earlier one is seen here."""
        timeout_s = self._sweep.wait_s()
        if self.polls.sessions or self.polls.deliveries.count:
            timeout_s = self.polls.rest_s(timeout_s)
        self._asleep = True
        if self._calls or self.fanout.active or self._wire.broken or self._wire.has_pending:
            timeout_s = 0
        self._acting.release()
        try:
            events = self._wire.epoll.poll(timeout_s, _EVENTS_PER_TURN)
        finally:
            self._acting.acquire()
        self._asleep = False
        return events

    def _handle(self, events: list[tuple[int, int]]) -> bool:
        """Write what can be written, read all that can be read, and say whether polls have something."""
        table, polled = self._wire.table, False
        readable: list[HubConnection] = []
        for fd, mask in events:
            connection = table[fd] if fd < len(table) else None
            if connection is None:
                polled = polled or fd == self._polls_fd
                continue
            if mask & select.EPOLLOUT:
                self._wire.writable(connection)
            if mask & ~select.EPOLLOUT and connection.fd >= 0:
                readable.append(connection)
        if readable:
            self._read(readable)
        return polled

    def _read(self, connections: list[HubConnection]) -> None:
        read = self.conversations.read
        fds = array("i", [connection.fd for connection in connections])
        for connection, data in zip(connections, self._wire.burst.read_each(fds), strict=True):
            try:
                # Handling one message may have ended another connection.
                if connection.fd >= 0:
                    read(connection, data)
            except BaseException:
                log.exception("closing a connection that the hub could not handle")
                self.conversations.fail(connection, _HANDLER_FAILED)

    def _broken(self, connection: HubConnection, why: int) -> None:
        if isinstance(connection, PollSession):
            self.polls.broken(connection)
        else:
            self.conversations.broken(connection, why)

    def _make_calls(self) -> None:
        calls, fanout = self._calls, self.fanout
        for _ in range(min(len(calls), _CALLS_PER_TURN)):
            if fanout.full:
                return
            work, args = calls.popleft()
            try:
                work(*args)
            except BaseException:
                log.exception("%s failed on the hub", getattr(work, "__qualname__", work))

    def _adopt(self, fd: int, handler: SocketHandler, head: bytes, early: bytes, limits: Limits) -> None:
        connection = HubConnection(self, fd, handler, self._wire.now, limits)
        self._sweep.heed(limits.idle_timeout_s)
        try:
            self._wire.add(connection)
        except OSError:
            os.close(fd)
            handler.closed(BROKEN)
            raise
        self._adopted += 1
        if head:
            self._wire.put(connection, head)
        try:
            handler.opened(connection)
        except BaseException:
            log.exception("%s failed to open", type(handler).__name__)
            self.conversations.fail(connection, _HANDLER_FAILED)
        if early:
            self.conversations.read(connection, early)
        if not self._accepting:
            self.conversations.close(connection, SERVICE_RESTART, "restart")

    def _stop(self) -> None:
        for connection in self._wire.connected():
            self.conversations.close(connection, SERVICE_RESTART, "restart")
        self.polls.stop()
        self.polls.turn(readable=False)
        self._stopping = True

    def _end(self) -> None:
        for connection in self._wire.connected():
            self.conversations.gone(connection)
        self.polls.end()
        self._wire.burst.close()
        self._wire.epoll.close()
        wake_fd, self._wake_fd = self._wake_fd, -1
        os.close(wake_fd)
        self._thread = None
        self._quiet.set()
