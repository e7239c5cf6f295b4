"""The long-poll sessions of a hub: how they begin, are polled and posted to, and end."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.transport import ClientMistake
from rumbl_web.phoenix.transports import frames, poll_answer
from rumbl_web.phoenix.transports.connection import CLOSING, OPEN
from rumbl_web.phoenix.transports.fanout import FanOut
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.poll_deliveries import Deliveries
from rumbl_web.phoenix.transports.poll_session import PollRequest, PollSession, RemoteSession, Window
from rumbl_web.phoenix.transports.wire import TOO_SLOW, Wire

log = logging.getLogger(__name__)

_GOING_AWAY: Final = 1001
_RULE_BROKEN: Final = 1008
_HANDLER_FAILED: Final = 1011
_SERVICE_RESTART: Final = 1012
_LONGEST_REST_S: Final = 1.0


class Polls:
    """All sessions. No thread but the hub's, except for `sessions` and `window`.

    `hub_wire` is where the hub puts frames for sessions, and its clock.
    """

    def __init__(self, hub_wire: Wire, fanout: FanOut, options: HubOptions) -> None:
        self._hub_wire = hub_wire
        self._fanout = fanout
        self.deliveries = Deliveries(hub_wire, options)
        self._windows: dict[float, Window] = {}
        self._draining = False
        self._sent_away: deque[tuple[int, PollSession]] = deque()
        self.sessions: dict[str, PollSession] = {}
        self.news: set[PollSession] = set()
        self.messages_in = 0

    @property
    def _now(self) -> int:
        return self._hub_wire.now

    @property
    def busy(self) -> bool:
        """Somebody is still to be answered."""
        return bool(self.deliveries.count or self._sent_away)

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
        """Let the poll on `fd` wait."""
        self.wait(session, self.deliveries.add(session, fd, head))

    def wait(self, session: PollSession, request: PollRequest) -> None:
        """Let a poll wait. An earlier one of the same session is answered, and the answer before arrived."""
        if session.fd < 0:
            self.deliveries.answer(request, poll_answer.GONE)
            return
        if self._draining and session.is_remote:
            self.deliveries.answer(request, poll_answer.NO_MESSAGES)
            return
        if session.request is not None:
            self.deliveries.answer(session.request, poll_answer.NO_MESSAGES)
        self.deliveries.settle(session)
        session.request = request
        session.window.polled(session, self._now)
        self.news.add(session)

    def relayed(self, session: RemoteSession, status: int, batch: Sequence[bytes]) -> None:
        """Another node answers the poll of a session of its own."""
        if batch:
            session.feed(batch)
        elif session.request is not None:
            self.deliveries.answer(session.request, status)
        else:
            session.phase = CLOSING  # its poll is about to be parked, and answered with 410

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
        self._draining = True
        self.deliveries.send_on()
        self._sent_away = deque((now + at * step, one) for at, one in enumerate(list(self.sessions.values())))

    def stop(self) -> None:
        """Send all clients away at once."""
        self.deliveries.send_on()
        for session in list(self.sessions.values()):
            self.close(session, _SERVICE_RESTART)

    def end(self) -> None:
        """Let go of everything."""
        for session in list(self.sessions.values()):
            self._end(session, _SERVICE_RESTART)
        self.deliveries.end()

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

    def forget(self, session: PollSession) -> None:
        """Let go of a session that has ended."""
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
        moments += self.deliveries.next()
        if self._sent_away:
            moments.append(self._sent_away[0][0])
        rest_s = otherwise_s if otherwise_s >= 0 else _LONGEST_REST_S
        return min([rest_s, *(max(0, moment - self._now) / 1_000_000 for moment in moments)])

    def turn(self, *, readable: bool) -> None:
        """Hear what clients do, look at the clock, and answer those that something has come for."""
        if readable:
            self.deliveries.read()
        self._look_at_the_clock(self._now)
        if self.news:
            self._hub_wire.flush()  # who has ended just now may still have frames there
        while self.news:
            self._attend(self.news.pop())
        self.deliveries.break_off()

    def _look_at_the_clock(self, now: int) -> None:
        for window in list(self._windows.values()):
            waited, away = window.due(now)
            for session in waited:
                if session.request is not None:
                    self.deliveries.answer(session.request, poll_answer.NO_MESSAGES)
            for session in away:
                self._end(session, _GOING_AWAY)
                self.forget(session)
        while self._sent_away and self._sent_away[0][0] <= now:
            self.close(self._sent_away.popleft()[1], _SERVICE_RESTART)
        self.deliveries.look_at_the_clock()

    def _attend(self, session: PollSession) -> None:
        if session.fd < 0:
            return
        over = session.phase != OPEN
        if session.request is not None and session.mail.size:
            if session.is_uncertain:
                return  # the node that has its last answer is about to report
            self.deliveries.answer(session.request, poll_answer.OK, session.mail.take())
        elif session.request is not None and over:
            self.deliveries.answer(session.request, poll_answer.GONE)
        if over and session.answered is None and not session.mail.size:
            self.forget(session)
