"""The polls that wait, and what becomes of their answers.

A poll is a descriptor that was taken out of the WSGI server. It waits in an epoll of its own, so that the
hub's loop over WebSockets knows nothing of it; the hub polls that epoll when it is readable.

What a poll carried off is kept until there is no doubt that it arrived: its client closed the connection in
good order, or polled again. If the connection broke first, the session has it back for the next poll.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Final

from rumbl_web.phoenix.transports import poll_answer
from rumbl_web.phoenix.transports.connection import LINGERING, OPEN
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.poll_session import PollRequest, PollSession, until
from rumbl_web.phoenix.transports.wire import Wire

_EVENTS_PER_TURN: Final = 256
_READ_BYTES: Final = 4096
_GROWTH: Final = 8
"""How much bigger than the mail of a session, which is bounded, the JSON around it may be."""


class Deliveries:
    """All polls of a hub. No thread but the hub's; `hub_wire` has its clock."""

    def __init__(self, hub_wire: Wire, options: HubOptions) -> None:
        self._hub_wire = hub_wire
        self._options = options
        self._wire = Wire(replace(options, outbox_bytes=options.outbox_bytes * _GROWTH))
        self._leaving: dict[PollRequest, int] = {}

    @property
    def fd(self) -> int:
        """What the hub waits for: it is readable when a poll's descriptor has something."""
        return self._wire.epoll.fileno()

    @property
    def count(self) -> int:
        """Descriptors of polls."""
        return self._wire.connections

    @property
    def _now(self) -> int:
        return self._hub_wire.now

    def add(self, session: PollSession, fd: int, head: bytes) -> PollRequest:
        """Own `fd`, whose request polls `session`. Raises OSError, with `fd` closed."""
        request = PollRequest(session, fd, head, self._now)
        try:
            self._wire.add(request)
        except OSError:
            os.close(fd)
            raise
        return request

    def answer(self, request: PollRequest, status: int, batch: Sequence[bytes] = ()) -> None:
        """Answer a poll that waits."""
        session = request.session
        if session.request is request:
            session.request = None
            session.window.answered(session, self._now)
        if batch:
            request.batch, session.answered = batch, request
        request.phase = LINGERING
        self._see_off(request)
        self._wire.now = self._now
        request.write(self._wire, status, batch)

    def settle(self, session: PollSession) -> None:
        """A client that polls again has the answer before, unless that broke off or is not written yet.

        Another node, which carried it, says so itself.
        """
        if session.is_uncertain:
            return
        if session.answered is not None:
            self._readable(session.answered)
        request = session.answered
        if request is not None and request.outbox is not None:
            self._lost(request, reset=True)
        elif request is not None:
            self._received(request)

    def send_on(self) -> None:
        """Answer polls whose sessions live on other nodes: they can be polled there as well."""
        for request in self._wire.connected():
            if isinstance(request, PollRequest) and request.phase == OPEN and request.session.is_remote:
                self.answer(request, poll_answer.NO_MESSAGES)

    def reported(self, request: PollRequest, taken: bool) -> None:
        """Another node knows what became of a poll there."""
        if taken and request.session.request is not request:
            self._received(request)
        else:
            self._lost(request)

    # -- the hub's turn

    def next(self) -> list[int]:
        """Return when the clock has to be looked at."""
        return list(islice(self._leaving.values(), 1))

    def read(self) -> None:
        """Hear what clients do."""
        self._wire.now = self._now
        for fd, _ in self._wire.epoll.poll(0, _EVENTS_PER_TURN):
            request = self._wire.table[fd]
            if not isinstance(request, PollRequest):
                continue
            if request.outbox is not None:
                self._wire.writable(request)
            self._readable(request)

    def look_at_the_clock(self) -> None:
        """Part with clients that had time enough."""
        for request in until(self._leaving, self._now):
            self._hurry(request)

    def break_off(self) -> None:
        """Take back what could not be written."""
        while self._wire.broken:
            request, _ = self._wire.broken.pop()
            if isinstance(request, PollRequest):
                self._lost(request)

    def end(self) -> None:
        """Let go of everything."""
        for request in self._wire.connected():
            self._wire.drop(request)
        self._wire.epoll.close()

    def abandon(self) -> None:
        """In a forked child: close the descriptors, which are the parent's."""
        for request in self._wire.connected():
            os.close(request.fd)
        self._wire.epoll.close()

    def _readable(self, request: PollRequest) -> None:
        try:
            # Not by syscalls.Reader: it asks twice, and the kernel tells of a reset only once.
            data = os.read(request.fd, _READ_BYTES) if request.fd >= 0 else b""
        except BlockingIOError:
            return
        except OSError:
            self._lost(request)
            return
        if not data and request.phase == LINGERING and request.outbox is None:
            self._received(request)
            self._wire.drop(request)
        elif not data or request.phase == OPEN:  # gone, or it does not wait for its answer
            self._lost(request)

    def _hurry(self, request: PollRequest) -> None:
        """A slow client has more time while it takes some of the answer; another node reports in its own."""
        outbox, since = request.outbox, None
        if outbox is not None:
            since = outbox.stalled_since
        elif request.fd < 0 and request.session.request is None:
            since = request.seen
        if since is not None and self._now - since < self._options.stall_timeout_s * 1_000_000:
            self._see_off(request)
        elif request.fd < 0 or _is_unheard(request.fd):
            self._lost(request, reset=True)
        else:
            self._received(request)
            self._wire.drop(request, reset=True)

    def _see_off(self, request: PollRequest) -> None:
        self._leaving.pop(request, None)
        self._leaving[request] = self._now + int(self._options.close_timeout_s * 1_000_000)

    def _received(self, request: PollRequest) -> None:
        if self._settled(request):
            request.session.arrived((), True)

    def _lost(self, request: PollRequest, *, reset: bool = False) -> None:
        """The connection of a poll is gone: what it was to bring is mail again."""
        self._wire.drop(request, reset=reset)
        batch, session = request.batch, request.session
        if session.request is request:
            session.request = None
            session.window.answered(session, self._now)
        elif not self._settled(request):
            return
        if session.fd >= 0:
            session.arrived(batch, False)

    def _settled(self, request: PollRequest) -> bool:
        """Its answer has arrived or not. False if that was known."""
        known = self._leaving.pop(request, None) is None
        session, request.batch = request.session, ()
        if session.answered is request:
            session.answered = None
            session.mail.tell()
        return not known


def _is_unheard(fd: int) -> bool:
    """Whether the client's end has not confirmed all that was written."""
    left = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(fd, termios.TIOCOUTQ, left)
    return bool(struct.unpack("i", left)[0])
