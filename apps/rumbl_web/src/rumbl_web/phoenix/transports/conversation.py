"""What the hub does with the bytes of a client: messages for its handler, pongs, and every way to end.

A connection ends in one of four ways. The client closes: its code is echoed. The runtime closes: what is
queued goes first, then the client has `close_timeout_s` to answer. The client breaks a rule (or is too
slow): a close frame is the last it gets. Or the network ends it. In each case the handler hears it at once
and only once.
"""

from __future__ import annotations

import errno
import logging
from typing import Final

from rumbl_web.phoenix import mistakes
from rumbl_web.phoenix.transport import ClientMistake
from rumbl_web.phoenix.transports import frames
from rumbl_web.phoenix.transports.connection import CLOSING, FINISHING, LINGERING, OPEN, HubConnection
from rumbl_web.phoenix.transports.fanout import FanOut
from rumbl_web.phoenix.transports.options import HubOptions
from rumbl_web.phoenix.transports.wire import BROKEN, TOO_SLOW, Wire

log = logging.getLogger(__name__)

_NOT_NOW: Final = (-errno.EAGAIN, -errno.EINTR)
_NO_STATUS = 1005
_RULE_BROKEN = 1008
_HANDLER_FAILED = 1011
_LONGEST_LINGER_S: Final = 2.0

_FRAGMENTS_PER_MESSAGE: Final = 16
"""So many fragments are charged like one message. They cost the hub a few µs each and the site nothing, so a
message may come in a few hundred of them; but a client that sends nothing else is stopped like any flood."""


class Conversations:
    """Reads, answers and ends connections. No thread but the hub's.

    `closing` has the moment, in µs of the hub's clock, at which each connection that is ending is cut.
    """

    def __init__(self, wire: Wire, fanout: FanOut, options: HubOptions) -> None:
        self._wire = wire
        self._fanout = fanout
        self._options = options
        self._spare = frames.Decoder()
        self.closing: dict[HubConnection, int] = {}
        self.frames_in = 0
        self.bytes_in = 0
        self.slow_closed = 0
        self.failed = 0

    def read(self, connection: HubConnection, data: bytes | int) -> None:
        """Handle what one read brought: bytes, nothing at the end, or a negated errno."""
        if type(data) is not bytes or not data:
            if data not in _NOT_NOW:
                self.gone(connection)
            return
        connection.seen = self._wire.now
        self.bytes_in += len(data)
        if connection.decoder is None and connection.phase == OPEN:
            limits = connection.limits
            text = frames.sole_text(data, limits.max_frame)
            if text is not None:
                self.frames_in += 1
                if self._charge(connection, limits.cost):
                    self._message(connection, frames.TEXT, text)
                return
        if connection.phase <= CLOSING:
            self._decode(connection, data)

    def close(self, connection: HubConnection, code: int, reason: str = "") -> None:
        """Send what is queued, then a close, and wait a while for the client's."""
        if connection.phase != OPEN or connection.fd < 0:
            return
        self._fanout.catch_up(connection)
        self._wire.put(connection, frames.encode_close(code, reason))
        self._end(connection, CLOSING, code, self._options.close_timeout_s)

    def fail(self, connection: HubConnection, code: int, reason: str = "") -> None:
        """End a connection whose client broke a rule, or whose handler failed."""
        if connection.phase != OPEN or connection.fd < 0:
            return
        self.failed += 1
        self._wire.put(connection, frames.encode_close(code, reason))
        self._end(connection, LINGERING, code, min(self._options.close_timeout_s, _LONGEST_LINGER_S))

    def gone(self, connection: HubConnection) -> None:
        """The network ended it."""
        self._wire.drop(connection)
        self._end(connection, FINISHING, BROKEN, 0)

    def broken(self, connection: HubConnection, why: int) -> None:
        """The wire can't go on with it: BROKEN, or TOO_SLOW to take what waits for it."""
        if why == BROKEN:
            self.gone(connection)
        elif connection.phase == OPEN:
            self.slow_closed += 1
            self._wire.discard_waiting(connection)
            self.fail(connection, TOO_SLOW, "too slow")

    def cut(self, connection: HubConnection) -> None:
        """The time to close has passed: end it without courtesy."""
        self._wire.drop(connection, reset=True)
        self.closing.pop(connection, None)

    def _decode(self, connection: HubConnection, data: bytes) -> None:
        limits = connection.limits
        decoder = connection.decoder or self._spare.limited(limits.max_frame, limits.max_message)
        events = decoder.feed(data)
        if decoder.parts:
            self._charge(connection, decoder.parts * limits.cost // _FRAGMENTS_PER_MESSAGE)
            decoder.parts = 0
        for opcode, payload in events:
            self._event(connection, opcode, payload)
        if decoder.failure:
            self._spare = frames.Decoder()
            connection.decoder = None
            self._violated(connection, decoder.failure)
        elif decoder.idle:
            connection.decoder = None
        elif decoder is self._spare:
            # It remembers this client's last bytes, so it is for nobody else, even if this one is gone.
            self._spare = frames.Decoder()
            if connection.fd >= 0:
                connection.decoder = decoder

    def _violated(self, connection: HubConnection, code: int) -> None:
        if connection.phase == OPEN:
            self.fail(connection, code)
        else:
            self._wire.drop(connection)
            self.closing.pop(connection, None)

    def _event(self, connection: HubConnection, opcode: int, payload: bytes) -> None:
        if connection.phase != OPEN:
            if connection.phase == CLOSING and opcode == frames.CLOSE:
                self._wire.drop(connection)
                self.closing.pop(connection, None)
            return
        self.frames_in += 1
        if not self._charge(connection, connection.limits.cost):
            return
        if opcode <= frames.BINARY:
            self._message(connection, opcode, payload)
        elif opcode == frames.PING:
            self._wire.put(connection, frames.encode(frames.PONG, payload))
        elif opcode == frames.CLOSE:
            self._client_closes(connection, payload)

    def _message(self, connection: HubConnection, opcode: int, payload: bytes) -> None:
        handler = connection.handler
        if handler is None:
            return
        try:
            if opcode == frames.TEXT:
                handler.handle_text(payload)
            else:
                handler.handle_binary(payload)
        except ClientMistake as mistake:
            mistakes.report(log, "%s refused a message: %.200s", type(handler).__name__, mistake)
            self.fail(connection, _HANDLER_FAILED)
        except BaseException:
            log.exception("%s failed on a message of %d bytes", type(handler).__name__, len(payload))
            self.fail(connection, _HANDLER_FAILED)

    def _client_closes(self, connection: HubConnection, payload: bytes) -> None:
        code, answer = frames.decode_close(payload)
        if answer == code:
            self._wire.put(connection, frames.encode_close(answer))
            heard = _NO_STATUS if code is None else code
            self._end(connection, FINISHING, heard, self._options.close_timeout_s)
        else:
            self.fail(connection, answer or _NO_STATUS)

    def _charge(self, connection: HubConnection, cost: int) -> bool:
        """A bucket in one integer, the moment until which the client has used up its rate. Is any left?"""
        now, busy_until = self._wire.now, connection.busy_until
        if busy_until < now:
            connection.busy_until = now + cost
            return True
        connection.busy_until = busy_until + cost
        limits = connection.limits
        if limits.cost and busy_until - now >= limits.patience:
            self.fail(connection, _RULE_BROKEN, "too many messages")
            return False
        return True

    def _end(self, connection: HubConnection, phase: int, code: int, wait_s: float) -> None:
        """Enter `phase`, leave all groups and tell the handler, the first time."""
        connection.phase = phase
        if connection.fd >= 0:
            self.closing[connection] = self._wire.now + int(wait_s * 1_000_000)
        else:
            self.closing.pop(connection, None)
        self._fanout.leave(connection)
        handler, connection.handler = connection.handler, None
        if handler is None:
            return
        try:
            handler.closed(code)
        except BaseException:
            log.exception("%s failed on its end (%d)", type(handler).__name__, code)
