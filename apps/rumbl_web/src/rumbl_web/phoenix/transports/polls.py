"""The long-poll sessions of a hub, and the polls that wait for their messages.

A poll is a descriptor that was taken out of the WSGI server. It waits in an epoll of its own, so that the
hub's loop over WebSockets knows nothing of it; the hub polls that epoll when it is readable, and gives a turn
at the end of its own.

What a poll carried off is kept until there is no doubt that it arrived: its client closed the connection in
good order, or polled again. If the connection broke first, the next poll gets it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import termios
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Final

from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.transport import ClientMistake
from rumbl_web.phoenix.transports import frames, poll_answer
from rumbl_web.phoenix.transports.connection import CLOSING, LINGERING, OPEN
from rumbl_web.phoenix.transports.fanout import FanOut
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.poll_session import PollRequest, PollSession, Window, until
from rumbl_web.phoenix.transports.wire import TOO_SLOW, Wire

log = logging.getLogger(__name__)

_GOING_AWAY: Final = 1001
_RULE_BROKEN: Final = 1008
_HANDLER_FAILED: Final = 1011
_SERVICE_RESTART: Final = 1012
_EVENTS_PER_TURN: Final = 256
_READ_BYTES: Final = 4096
_LONGEST_REST_S: Final = 1.0
_GROWTH: Final = 8
"""How much bigger than the mail of a session, which is bounded, the JSON around it may be."""


class Polls:
    """All sessions. No thread but the hub's, except for `sessions` and `window`.

    `hub_wire` is where the hub puts frames for sessions, and its clock.
    """

    def __init__(self, hub_wire: Wire, fanout: FanOut, options: HubOptions) -> None:
        self._hub_wire = hub_wire
        self._fanout = fanout
        self._options = options
        self._wire = Wire(replace(options, outbox_bytes=options.outbox_bytes * _GROWTH))
        self._windows: dict[float, Window] = {}
        self._leaving: dict[PollRequest, int] = {}
        self._sent_away: deque[tuple[int, PollSession]] = deque()
        self.sessions: dict[str, PollSession] = {}
        self.news: set[PollSession] = set()
        self.messages_in = 0

    @property
    def fd(self) -> int:
        """What the hub waits for: it is readable when a poll's descriptor has something."""
        return self._wire.epoll.fileno()

    @property
    def waiting(self) -> int:
        """Descriptors of polls."""
        return self._wire.connections

    @property
    def _now(self) -> int:
        return self._hub_wire.now

    @property
    def busy(self) -> bool:
        """Somebody is still to be answered."""
        return bool(self._wire.connections or self._sent_away)

    def window(self, window_s: float) -> Window:
        """Return the window of that length."""
        return self._windows.setdefault(window_s, Window(window_s))

    # -- what clients do

    def open(self, session: PollSession) -> None:
        """Begin a session, which is in `sessions` already."""
        session.window.answered(session, self._now)
        try:
            if session.handler is not None:
                session.handler.opened(session)
        except BaseException:
            log.exception("%s failed to open", type(session.handler).__name__)
            self.close(session, _HANDLER_FAILED)

    def park(self, session: PollSession, fd: int, head: bytes) -> None:
        """Let the poll on `fd` wait; an earlier one of the same session is answered and the answer before
        that was received."""
        request = PollRequest(session, fd, head, self._now)
        try:
            self._wire.add(request)
        except OSError:
            os.close(fd)
            raise
        if session.fd < 0:
            self._answer(request, poll_answer.GONE)
            return
        if session.request is not None:
            self._answer(session.request, poll_answer.NO_MESSAGES)
        self._settle(session)
        session.request = request
        session.window.polled(session, self._now)
        self.news.add(session)

    def receive(self, session: PollSession, messages: Sequence[frames.Event], answer: Future[int]) -> None:
        """Hand `messages` to the session and tell `answer` the status of the POST."""
        status = poll_answer.FAILED
        try:
            status = self._receive(session, messages)
        finally:
            answer.set_result(status)

    def _receive(self, session: PollSession, messages: Sequence[frames.Event]) -> int:
        if session.handler is None:
            return poll_answer.GONE
        if self._is_too_fast(session, len(messages)):
            self.close(session, _RULE_BROKEN)
            return poll_answer.TOO_MANY
        self.messages_in += len(messages)
        try:
            for opcode, payload in messages:
                if opcode == frames.TEXT:
                    session.handler.handle_text(payload)
                else:
                    session.handler.handle_binary(payload)
        except ClientMistake as mistake:
            mistakes.report(log, "%s refused a message: %.200s", type(session.handler).__name__, mistake)
            self.close(session, _HANDLER_FAILED)
            return poll_answer.BAD_MESSAGE
        except BaseException:
            log.exception("%s failed on one of %d messages", type(session.handler).__name__, len(messages))
            self.close(session, _HANDLER_FAILED)
            return poll_answer.FAILED
        return poll_answer.OK

    def _is_too_fast(self, session: PollSession, number: int) -> bool:
        """Charge for a batch as for that many frames.

        A calm client's batch is taken whole, whatever its size: it was collected while another was under way.
        """
        now, limits = self._now, session.limits
        busy_until = max(session.busy_until, now)
        session.busy_until = busy_until + limits.cost * number
        return bool(limits.cost) and busy_until - now >= limits.patience

    # -- how sessions end

    def close(self, session: PollSession, code: int) -> None:
        """End a session; its client may fetch what is queued."""
        if session.phase != OPEN:
            return
        self._fanout.catch_up(session)
        self._end(session, code)

    def broken(self, session: PollSession) -> None:
        """So much waits for the client that it is not kept any longer."""
        session.mail.cut()
        self._end(session, TOO_SLOW)

    def drain(self, spread_s: float) -> None:
        """Send all clients away, evenly over `spread_s`."""
        step = int(spread_s * 1_000_000) // (len(self.sessions) or 1)
        now = self._now
        self._sent_away = deque((now + at * step, one) for at, one in enumerate(list(self.sessions.values())))

    def stop(self) -> None:
        """Send all clients away at once."""
        for session in list(self.sessions.values()):
            self.close(session, _SERVICE_RESTART)

    def end(self) -> None:
        """Let go of everything."""
        for session in list(self.sessions.values()):
            self._end(session, _SERVICE_RESTART)
        for request in self._wire.connected():
            self._wire.drop(request)
        self._wire.epoll.close()

    def abandon(self) -> None:
        """In a forked child: close the descriptors, which are the parent's."""
        for request in self._wire.connected():
            os.close(request.fd)
        self._wire.epoll.close()

    def _end(self, session: PollSession, code: int) -> None:
        session.phase = CLOSING
        self.news.add(session)
        self._fanout.leave(session)
        handler, session.handler = session.handler, None
        if handler is None:
            return
        try:
            handler.closed(code)
        except BaseException:
            log.exception("%s failed on its end (%d)", type(handler).__name__, code)

    def _forget(self, session: PollSession) -> None:
        session.fd = -1
        session.outbox = None
        session.window.forget(session)
        self.sessions.pop(session.token, None)

    # -- the hub's turn

    def rest_s(self, otherwise_s: float) -> float:
        """How long the hub may sleep, which is `otherwise_s` (-1 is for ever) without us."""
        if self.news:
            return 0
        moments = [moment for window in list(self._windows.values()) for moment in window.next()]
        moments += list(islice(self._leaving.values(), 1))
        if self._sent_away:
            moments.append(self._sent_away[0][0])
        rest_s = otherwise_s if otherwise_s >= 0 else _LONGEST_REST_S
        return min([rest_s, *(max(0, moment - self._now) / 1_000_000 for moment in moments)])

    def turn(self, *, readable: bool) -> None:
        """Hear what clients do, look at the clock, and answer those that something has come for."""
        self._wire.now = self._now
        if readable:
            self._read()
        self._look_at_the_clock(self._now)
        if self.news:
            self._hub_wire.flush()  # who has ended just now may still have frames there
        while self.news:
            self._attend(self.news.pop())
        while self._wire.broken:
            request, _ = self._wire.broken.pop()
            if isinstance(request, PollRequest):
                self._lost(request)

    def _read(self) -> None:
        for fd, _ in self._wire.epoll.poll(0, _EVENTS_PER_TURN):
            request = self._wire.table[fd]
            if not isinstance(request, PollRequest):
                continue
            if request.outbox is not None:
                self._wire.writable(request)
            self._readable(request)

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

    def _look_at_the_clock(self, now: int) -> None:
        for window in list(self._windows.values()):
            waited, away = window.due(now)
            for session in waited:
                if session.request is not None:
                    self._answer(session.request, poll_answer.NO_MESSAGES)
            for session in away:
                self._end(session, _GOING_AWAY)
                self._forget(session)
        while self._sent_away and self._sent_away[0][0] <= now:
            self.close(self._sent_away.popleft()[1], _SERVICE_RESTART)
        for request in until(self._leaving, now):
            self._hurry(request)

    def _hurry(self, request: PollRequest) -> None:
        """Its client had time enough to take the answer and go; a slow one has, while it takes some of it."""
        outbox = request.outbox
        if (
            outbox is not None
            and self._now - outbox.stalled_since < self._options.stall_timeout_s * 1_000_000
        ):
            self._see_off(request)
        elif _is_unheard(request.fd):
            self._lost(request, reset=True)
        else:
            self._received(request)
            self._wire.drop(request, reset=True)

    def _see_off(self, request: PollRequest) -> None:
        self._leaving.pop(request, None)
        self._leaving[request] = self._now + int(self._options.close_timeout_s * 1_000_000)

    def _attend(self, session: PollSession) -> None:
        if session.fd < 0:
            return
        over = session.phase != OPEN
        if session.request is not None and session.mail.size:
            self._answer(session.request, poll_answer.OK, session.mail.take())
        elif session.request is not None and over:
            self._answer(session.request, poll_answer.GONE)
        if over and session.answered is None and not session.mail.size:
            self._forget(session)

    def _answer(self, request: PollRequest, status: int, batch: Sequence[bytes] = ()) -> None:
        session = request.session
        content = poll_answer.polled(status, session.token, batch)
        if session.request is request:
            session.request = None
            session.window.answered(session, self._now)
        if batch:
            request.batch, session.answered = batch, request
        request.phase = LINGERING
        self._see_off(request)
        self._wire.now = self._now
        self._wire.write(request, poll_answer.whole(request.head, content))

    # -- has it arrived?

    def _settle(self, session: PollSession) -> None:
        """A client that polls again has the answer before, unless that broke off or is not written yet."""
        if session.answered is not None:
            self._readable(session.answered)
        request = session.answered
        if request is not None and request.outbox is not None:
            self._lost(request, reset=True)
        elif request is not None:
            self._received(request)

    def _received(self, request: PollRequest) -> None:
        self._leaving.pop(request, None)
        request.batch = ()
        session = request.session
        if session.answered is request:
            session.answered = None
            self.news.add(session)

    def _lost(self, request: PollRequest, *, reset: bool = False) -> None:
        """The connection of a poll is gone: what it was to bring is mail again."""
        self._wire.drop(request, reset=reset)
        batch, session = request.batch, request.session
        self._received(request)
        if session.fd < 0:
            return
        if session.request is request:
            session.request = None
            session.window.answered(session, self._now)
        if batch:
            session.mail.put_back(batch)


def _is_unheard(fd: int) -> bool:
    """Whether the client's end has not confirmed all that was written."""
    left = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(fd, termios.TIOCOUTQ, left)
    return bool(struct.unpack("i", left)[0])
