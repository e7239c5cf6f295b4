"""The engine of a channel: one process per joined topic, which calls the face and tells the client how it
ended.

Order of a life: the seat in the fastlane is taken, held; other nodes are heard on the topic; `join` runs; its
reply is sent; the seat is released; then mail. So what is broadcast, here or on another node, while `join`
reads the database is delivered, and after the reply.
"""

from __future__ import annotations

import logging
import threading
from enum import Enum
from typing import Any, ClassVar, Final, NoReturn

from info_sys.otp import NORMAL, SHUTDOWN, Exit, Process, line_is_empty, send_after
from rumbl_web.phoenix import message as wire
from rumbl_web.phoenix import mistakes, telemetry
from rumbl_web.phoenix.channel import Channel, Joined, Refused, Stop, UnknownEvent
from rumbl_web.phoenix.channel_socket import ChannelSocket, Reply
from rumbl_web.phoenix.fastlane import OVERRUN, Seat
from rumbl_web.phoenix.message import Broadcast, Message

log = logging.getLogger(__name__)

LEFT: Final = (SHUTDOWN, "left")
CLOSED: Final = (SHUTDOWN, "closed")
DUPLICATE: Final = (SHUTDOWN, "duplicate_join")

UNMATCHED: Final = {"reason": "unmatched topic"}
CRASHED: Final = {"reason": "join crashed"}
REPLACE_WITHIN_MS: Final = 5000
"""How long a second join on a topic waits for the first channel's end, as in Phoenix."""

_NOTHING: Final[dict[str, Any]] = {}

_JOIN_SHAPES: Final = "Joined(), Joined(response) or Refused({'reason': ...})"
_IN_SHAPES: Final = "None, Reply('ok' or 'error', payload) or Stop(reason, reply)"
_SHAPES: Final = "None or Stop(reason)"


class _Stage(Enum):
    NEW = 0
    JOINED = 1
    REFUSED = 2


class Signal(Enum):
    """Mail from the socket server and from the engine to itself."""

    START = 1
    HEARD = 2
    CLOSE = 3
    REPLACE = 4
    END = 5


class Leave:
    """Mail from the socket server: the client leaves, and wants this ref answered."""

    __slots__ = ("message",)

    def __init__(self, message: Message) -> None:
        self.message = message


class Barrier:
    """Mail of the test kit: everything sent to the channel before it has been handled once it is passed."""

    __slots__ = ("passed",)

    def __init__(self) -> None:
        self.passed = threading.Event()


class ChannelServer(Process):
    """Runs one Channel. The first mail it acts on is START; what comes earlier waits."""

    __slots__ = ("channel", "deferred", "old", "seat", "socket", "stage")

    max_mailbox: ClassVar[int] = 1000
    """A client with so many unanswered messages on one topic is closed (1008)."""

    def __init__(self, channel: Channel, socket: ChannelSocket) -> None:
        super().__init__()
        self.channel = channel
        self.socket = socket
        self.stage = _Stage.NEW
        self.seat: Seat | None = None
        self.old: ChannelServer | None = None
        self.deferred: list[object] | None = None
        socket.process = self

    def replace(self, old: ChannelServer) -> None:
        """Start once `old` is gone, or did not go in time; its close is told after this one's join reply."""
        self.old = old
        if not old.send(Signal.REPLACE):
            old.exit(DUPLICATE)
        old.monitor(lambda _down: self.signal(Signal.START))
        send_after(self, Signal.START, REPLACE_WITHIN_MS)

    def signal(self, signal: Signal) -> None:
        """Send a signal; if the mailbox is full, end instead."""
        if not self.send(signal):
            self.exit(CLOSED if signal is Signal.CLOSE else OVERRUN)

    # -- mail

    def handle(self, message: object) -> None:
        """Run one callback. A crash of it is logged here, with what it was about."""
        if self.stage is not _Stage.JOINED:
            self._handle_early(message)
        elif type(message) is Message:
            self._handle_in(message)
        else:
            self._handle_other(message)

    def _handle_in(self, message: Message) -> None:
        started = telemetry.start()
        socket = self.socket
        socket.message = message
        try:
            result = self.channel.handle_in(message.event, message.payload, socket)
            if type(result) is Reply:
                socket.answer(message, result, last=line_is_empty())
            elif result is not None:
                self._stop(result)
        except Exit:
            raise
        except Exception as error:
            self._crash(error, message.event)
        finally:
            socket.message = None
            if started:
                self._tell_of_event(started, message.event)

    def _tell_of_event(self, started: float, event: str) -> None:
        measured = {"duration_s": telemetry.since(started), "waiting": self.queue_length}
        telemetry.emit("channel.handled_in", measured, channel=type(self.channel), event=event)

    def _handle_other(self, message: object) -> None:
        match message:
            case Leave():
                self._answer(message.message, "ok", {}, self.socket.join_ref)
                raise Exit(LEFT)
            case Signal.CLOSE:
                raise Exit(CLOSED)
            case Signal.REPLACE:
                raise Exit(DUPLICATE)
            case Barrier():
                message.passed.set()
            case Signal():
                return
            case Broadcast(topic, event, payload) if self._intercepts(topic, event):
                self._call("handle_out", event, payload, self.socket)
            case _:
                self._call("handle_info", message, self.socket)

    def _intercepts(self, topic: str, event: str) -> bool:
        return event in self.channel.intercepts and topic == self.socket.topic

    def _call(self, callback: str, *arguments: Any) -> None:
        try:
            result = getattr(self.channel, callback)(*arguments)
            if result is not None:
                self._stop(result, _SHAPES, callback)
        except Exit:
            raise
        except Exception as error:
            self._crash(error, callback)

    def _stop(self, result: object, shapes: str = _IN_SHAPES, callback: str = "handle_in") -> None:
        if not isinstance(result, Stop) or (result.reply is not None and shapes is not _IN_SHAPES):
            raise TypeError(f"{callback} must return {shapes}, not {result!r}")
        if result.reply is not None:
            self.socket.reply(result.reply)
        raise Exit(result.reason)

    def _crash(self, error: Exception, what: str) -> NoReturn:
        name, topic = type(self.channel).__name__, self.socket.topic
        if isinstance(error, UnknownEvent):
            mistakes.report(log, "%s on %.200r has no event %.100r", name, topic, error.event)
        else:
            log.error("%s on %r crashed in %r", name, topic, what, exc_info=error)
        raise Exit(error.with_traceback(None)) from None

    # -- before and instead of joining

    def _handle_early(self, message: object) -> None:
        if message is Signal.CLOSE:
            raise Exit(CLOSED)
        if self.stage is _Stage.REFUSED:
            self._handle_refused(message)
        elif message is Signal.START:
            self._start()
        elif message is Signal.HEARD:
            self._join()
        else:
            self._defer(message)

    def _handle_refused(self, message: object) -> None:
        match message:
            case Signal.END | Signal.REPLACE:
                raise Exit(NORMAL)
            case Barrier():
                message.passed.set()
            case Message():
                self._answer(message, "error", UNMATCHED, None)
            case Leave():
                self._answer(message.message, "ok", {}, message.message.join_ref)

    def _defer(self, message: object) -> None:
        if self.deferred is None:
            self.deferred = []
        if len(self.deferred) >= self.max_mailbox:
            raise Exit(OVERRUN)
        self.deferred.append(message)

    def _start(self) -> None:
        """Take the seat, and join once what other nodes say is heard: at once, but for the first one here.

        No thread waits for that: it is the way to Redis and back, or a moment longer if that has just died.
        """
        if self.seat is not None:
            return  # it was told twice to start
        # Before the seat: from here on, what is broadcast is the new channel's to tell.
        self.old = self._silence_old()
        self._take_seat()
        pubsub, topic = self.socket.endpoint.pubsub, self.socket.topic
        if not pubsub.when_heard(topic, lambda: self.signal(Signal.HEARD)):
            self._join()

    def _join(self) -> None:
        started = telemetry.start()
        socket, join = self.socket, self.socket.message
        assert join is not None
        log.info("JOIN %r to %s", socket.topic, type(self.channel).__name__)
        replaced, self.old = self.old, None
        result = self._ask_to_join(join)
        if started:
            self._tell_of_join(started, result)
        socket.message = None
        if replaced is not None:
            self._tell(replaced.socket.join_ref, wire.PHX_CLOSE)
        if isinstance(result, Joined):
            assert self.seat is not None
            self.seat.subscription.release()
        else:
            self._leave_seat()
            self.stage = _Stage.REFUSED
            self.send(Signal.END)
        deferred, self.deferred = self.deferred, None
        for message in deferred or ():
            self.handle(message)

    def _tell_of_join(self, started: float, result: Joined | Refused) -> None:
        about = {"channel": type(self.channel), "topic": self.socket.topic}
        if isinstance(result, Joined):
            telemetry.stop("channel.joined", started, **about)
        else:
            telemetry.stop("channel.refused", started, **about, response=result.response)

    def _ask_to_join(self, join: Message) -> Joined | Refused:
        """Call `join` and answer the client; a reply that can't be written is a crash like any other."""
        socket = self.socket
        try:
            result = self.channel.join(socket.topic, join.payload, socket)
            if not isinstance(result, Joined | Refused):
                raise TypeError(f"join must return {_JOIN_SHAPES}, not {result!r}")
            status = "ok" if isinstance(result, Joined) else "error"
            self._answer(join, status, result.response, join.join_ref)
        except Exception as error:
            name = type(self.channel).__name__
            log.error("%s on %r crashed in join", name, socket.topic, exc_info=error)
            self._answer(join, "error", CRASHED, join.join_ref)
            return Refused(CRASHED)
        if status == "ok":
            socket.joined = True
            self.stage = _Stage.JOINED
        return result

    def _silence_old(self) -> ChannelServer | None:
        """Hush the topic's channel before this one; give it back if its client is to hear of its end."""
        old, self.old = self.old, None
        if old is None:
            return None
        if old.alive:
            old.mute()
        elif old.exit_reason != DUPLICATE:
            return None
        return old if old.socket.joined else None

    def mute(self) -> None:
        """Say nothing more to the client, broadcasts neither, and end: this one did not go in time."""
        self.socket.connection = SILENCE
        seat = self.seat
        if seat is not None:
            seat.subscription.cancel()
        self.kill()

    # -- the end

    def terminate(self, reason: object) -> None:
        """Tell the channel, leave the topic, then tell the client with ref = join_ref."""
        socket = self.socket
        if socket.joined:
            try:
                self.channel.terminate(reason, socket)
            except Exception:
                log.exception("%s on %r crashed in terminate", type(self.channel).__name__, socket.topic)
        self._leave_seat()
        if socket.joined:
            if _is_shutdown(reason):
                if reason != DUPLICATE:
                    self._tell(socket.join_ref, wire.PHX_CLOSE)
            else:
                self._tell(socket.join_ref, wire.PHX_ERROR, {"reason": _why(reason)})
        elif socket.message is not None:
            self._answer(socket.message, "error", CRASHED, socket.join_ref)
        if socket.joined and telemetry.listening():
            name = "channel.left" if _is_shutdown(reason) else "channel.crashed"
            telemetry.emit(name, channel=type(self.channel), topic=socket.topic, reason=reason)
        # Without this, the two would keep each other until the garbage collector's next full round.
        socket.process = _GONE

    def _take_seat(self) -> None:
        socket = self.socket
        self.seat = socket.endpoint.fastlane.take_seat(
            self, socket.topic, socket.connection, socket.serializer, self.channel.intercepts
        )

    def _leave_seat(self) -> None:
        seat, self.seat = self.seat, None
        if seat is not None:
            self.socket.endpoint.fastlane.leave_seat(seat)

    def _answer(self, message: Message, status: str, payload: Any, join_ref: Any) -> None:
        reply = wire.Reply(join_ref, message.ref, message.topic, status, payload)
        self.socket.connection.send(*self.socket.serializer.encode_reply(reply))

    def _tell(self, join_ref: Any, event: str, payload: Any = _NOTHING) -> None:
        socket = self.socket
        end = Message(join_ref, join_ref, socket.topic, event, payload)
        socket.connection.send(*socket.serializer.encode(end))

    def __repr__(self) -> str:
        return f"<ChannelServer {type(self.channel).__name__} {self.socket.topic!r}>"


class _Silence:
    """The connection of whoever has none: its client is not to hear it any more, or not there yet."""

    __slots__ = ()

    def send(self, opcode: Any, data: bytes, *, last: bool = False) -> None:
        """Nothing."""

    def close(self, code: int, reason: str = "") -> None:
        """Nothing."""


SILENCE: Final = _Silence()

_GONE: Final = Process()
"""The process of every channel socket whose channel has ended."""
_GONE.abandon(NORMAL)


def _is_shutdown(reason: object) -> bool:
    return reason in (NORMAL, SHUTDOWN) or (
        isinstance(reason, tuple) and bool(reason) and reason[0] == SHUTDOWN
    )


def _why(reason: object) -> str:
    """What a client may know of an error: its kind, and nothing of the site's own words."""
    match reason:
        case UnknownEvent():
            return "unknown event"
        case BaseException():
            return "crashed"
        case (str(kind), *_) if reason == OVERRUN:
            return kind
        case _:
            return "stopped"
