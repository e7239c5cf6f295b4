"""A process: a mailbox and a turn. The object is its own pid.

A process costs a small object while it is idle. Mail makes it ready; a scheduler thread then hands it up to
64 messages, one at a time, and puts it back in line if there is more. It never runs on two threads at once,
so `handle` needs no locks. Messages of one sender arrive in the order of sending.

The life of a process, in the words of Erlang: `start`, turns, an exit with a reason, `terminate`, then one
`Down` to every monitor and one exit signal to every link. All changes of state happen under one lock, so no
wake-up is lost.

    class Printer(Process):
        __slots__ = ()

        def handle(self, message):
            print(message)

    Printer().start().send("hello")
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self, cast

from info_sys.otp import scheduler
from info_sys.otp.latch import Latch
from info_sys.otp.scheduler import kernel_lock

log = logging.getLogger(__name__)

NORMAL: Final = "normal"
SHUTDOWN: Final = "shutdown"
KILLED: Final = "killed"
NOPROC: Final = "noproc"

MESSAGES_PER_TURN: Final = 64

_NEW, _IDLE, _READY, _RUNNING, _DEAD = range(5)
_alive: dict[Process, None] = {}


class Exit(Exception):
    """Raised inside `handle` to stop with a reason; also what a failed task gives instead of a value."""

    def __init__(self, reason: object = NORMAL) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Down:
    """What a monitor hears, once, when `process` is gone (reason NOPROC: it was gone already)."""

    ref: object
    process: Process
    reason: object


@dataclass(frozen=True, slots=True)
class ExitSignal:
    """What a process that traps exits hears when a linked process is gone."""

    process: Process
    reason: object


class _Ties:
    """Who wants to hear of the end of a process. Made when the first one does."""

    __slots__ = ("dropped", "first", "links", "monitors")
    dropped_ever: ClassVar[int] = 0

    def __init__(self) -> None:
        self.first: list[Callable[[Process], object]] = []
        self.monitors: dict[object, Process | Callable[[Down], object]] = {}
        self.links: dict[Process, None] = {}
        self.dropped = 0


class Process:
    """A mailbox, its messages handled one at a time. Subclass, override `handle`, declare `__slots__`."""

    __slots__ = ("_exit", "_mailbox", "_state", "_ties", "_turns")

    max_mailbox: ClassVar[int] = 10_000
    """When this many messages wait, further ones are dropped, counted, and `send` answers False."""

    trap_exit: ClassVar[bool] = False
    """True turns the exit signals of links into `ExitSignal` messages."""

    def __init__(self) -> None:
        self._state = _NEW
        self._exit: object = None
        self._mailbox: list[object] | None = None
        self._ties: _Ties | None = None
        self._turns = 0

    # -- for subclasses

    def handle(self, message: object) -> None:
        """Take one message. An exception is a crash (logged, its object is the reason), `Exit` a stop."""

    def terminate(self, reason: object) -> None:
        """Clean up: runs once on a scheduler thread, also after a kill, before monitors hear."""

    # -- for everybody, on any thread

    def start(self) -> Self:
        """Come alive. What was sent before is handled now. Raises RuntimeError the second time."""
        with kernel_lock:
            self._refuse_second_start()
            _alive[self] = None
            if self._mailbox is None and self._exit is None:
                self._state = _IDLE
            else:
                self._state = _READY
                scheduler.ready(self)
        return self

    def send(self, message: object) -> bool:
        """Put `message` into the mailbox; never blocks. False when the process is ending, dead or full."""
        with kernel_lock:
            if self._exit is not None:
                return False
            mailbox = self._mailbox
            if mailbox is None:
                self._mailbox = [message]
                if self._state == _IDLE:
                    self._state = _READY
                    scheduler.ready(self)
                return True
            if len(mailbox) < self.max_mailbox:
                mailbox.append(message)
                return True
        self._count_drop()
        return False

    def exit(self, reason: object = SHUTDOWN) -> None:
        """Ask for a stop after the current message. Mail that is left is dropped; callers get ProcessDown."""
        with kernel_lock:
            if self._exit is None or (reason == KILLED and self._state != _DEAD):
                self._exit = NORMAL if reason is None else reason
            self._wake()

    def kill(self) -> None:
        """`exit(KILLED)`: a running handler can't be cut off, but it was its last."""
        self.exit(KILLED)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the process is gone, at most `timeout_s` seconds. False when it still lives."""
        if scheduler.running() is self:
            raise RuntimeError("a process can't wait for its own end; raise Exit(reason) instead")
        latch: Latch[Down] = Latch()
        ref = self.monitor(latch.set)
        gone = latch.wait(timeout_s)
        self.demonitor(ref)
        return gone

    def stop(self, reason: object = NORMAL, timeout_s: float = 5.0) -> None:
        """`exit(reason)` and wait. Raises TimeoutError after `timeout_s` seconds."""
        self.exit(reason)
        if not self.wait(timeout_s):
            raise TimeoutError(f"{self!r} did not stop within {timeout_s} s")

    @property
    def alive(self) -> bool:
        """Started and not yet gone."""
        return _NEW < self._state < _DEAD

    @property
    def ending(self) -> bool:
        """Asked to stop, or gone: it takes no more mail."""
        return self._exit is not None

    @property
    def exit_reason(self) -> object:
        """Why it is gone; None before. A crash's reason is its exception."""
        return self._exit if self._state == _DEAD else None

    @property
    def queue_length(self) -> int:
        """Messages waiting for the next turn."""
        mailbox = self._mailbox
        return 0 if mailbox is None else len(mailbox)

    @property
    def turns(self) -> int:
        """Turns taken so far."""
        return self._turns

    @property
    def dropped(self) -> int:
        """Messages refused because the mailbox was full."""
        ties = self._ties
        return 0 if ties is None else ties.dropped

    # -- monitors and links

    def monitor(self, on_down: Process | Callable[[Down], object]) -> object:
        """Have `on_down` told once, as a message or by a call, when this process is gone; at once if it is.

        Answers a reference for `demonitor`. A callable runs on the thread that ends the process: be short.
        """
        ref = object()
        with kernel_lock:
            if self._state != _DEAD:
                self._knot().monitors[ref] = on_down
                return ref
        _tell(on_down, Down(ref, self, NOPROC if self._exit is None else self._exit))
        return ref

    def demonitor(self, ref: object) -> bool:
        """Forget a monitor. False when it was told already (or never was)."""
        with kernel_lock:
            return self._ties is not None and self._ties.monitors.pop(ref, None) is not None

    def link(self, other: Process) -> None:
        """Tie two fates: when one ends with a reason other than normal, so does the other (or it traps)."""
        with kernel_lock:
            if self._state != _DEAD and other._state != _DEAD:
                self._knot().links[other] = None
                other._knot().links[self] = None
                return
        if self._state != _DEAD:
            self._hear_exit(other, NOPROC)

    def unlink(self, other: Process) -> None:
        """Untie them again."""
        with kernel_lock:
            for one, two in ((self, other), (other, self)):
                if one._ties is not None:
                    one._ties.links.pop(two, None)

    def before_down(self, callback: Callable[[Process], object]) -> None:
        """Have `callback` run at the end before any monitor hears: for registries and owners of tables.

        Raises ProcessLookupError when the process is gone already.
        """
        with kernel_lock:
            if self._state == _DEAD:
                raise ProcessLookupError(f"{self!r} is gone")
            self._knot().first.append(callback)

    # -- the engine

    def _refuse_second_start(self) -> None:
        if self._state != _NEW:
            raise RuntimeError(f"{self!r} was started before; make a new one")

    def take_turn(self) -> None:
        """Handle up to 64 messages. Only the scheduler calls this."""
        with kernel_lock:
            if self._state == _READY:  # else it was abandoned while it stood in line, and only cleans up
                self._state = _RUNNING
            self._turns += 1
            batch = self._mailbox
            if batch is None or len(batch) <= MESSAGES_PER_TURN:
                self._mailbox = None
            else:
                self._mailbox = batch[MESSAGES_PER_TURN:]
                del batch[MESSAGES_PER_TURN:]
        if batch is not None and self._exit is None:
            self._handle_all(batch)
        with kernel_lock:
            if self._exit is None:
                if self._mailbox is None:
                    self._state = _IDLE
                else:
                    self._state = _READY
                    scheduler.ready(self)
                return
        self._finish()

    def lost_by_fork(self) -> None:
        """In a forked child: this turn's thread is gone and its data may be half changed, so it ends here."""
        with kernel_lock:
            self._exit = self._exit or KILLED
            if self._state == _RUNNING:
                self._state = _READY
                scheduler.ready(self)

    def abandon(self, reason: object = KILLED) -> None:
        """Declare a process gone whose handler does not come back; its late end is silent."""
        with kernel_lock:
            if self._state == _DEAD:
                return
            self._exit = reason
            self._wake()  # for `terminate`, some time
        self._bury(reason)

    def _handle_all(self, batch: list[object]) -> None:
        message: object = None
        handle = self.handle
        try:
            for message in batch:
                handle(message)
                if self._exit is not None:
                    return
        except Exit as stop:
            self.exit(stop.reason)
        except BaseException as error:
            log.exception("%r crashed on a message of type %s", self, type(message).__name__)
            self.exit(error.with_traceback(None))

    def _finish(self) -> None:
        reason = self._exit
        try:
            self.terminate(reason)
        except BaseException:
            log.exception("%r crashed in terminate", self)
        self._bury(reason)

    def _bury(self, reason: object) -> None:
        with kernel_lock:
            if self._state == _DEAD:
                return
            self._state, self._exit, self._mailbox = _DEAD, reason, None
            ties, self._ties = self._ties, None
            _alive.pop(self, None)
        if ties is None:
            return
        for callback in ties.first:
            _guard(callback, self)
        for ref, watcher in ties.monitors.items():
            _tell(watcher, Down(ref, self, reason))
        for other in ties.links:
            other.unlink(self)
            other._hear_exit(self, reason)

    def _hear_exit(self, other: Process, reason: object) -> None:
        if self.trap_exit:
            self._send_system(ExitSignal(other, reason))
        elif reason != NORMAL:
            self.exit(reason)

    def _send_system(self, message: object) -> None:
        # Bounded by the number of monitors and links, so the mailbox limit need not (and must not) apply.
        with kernel_lock:
            if self._exit is not None:
                return
            if self._mailbox is None:
                self._mailbox = []
            self._mailbox.append(message)
            self._wake()

    def _wake(self) -> None:
        if self._state == _IDLE:
            self._state = _READY
            scheduler.ready(self)

    def _knot(self) -> _Ties:
        if self._ties is None:
            self._ties = _Ties()
        return self._ties

    def _count_drop(self) -> None:
        with kernel_lock:
            if self._state == _DEAD:
                return
            ties = self._knot()
            ties.dropped += 1
            _Ties.dropped_ever += 1
        if ties.dropped == 1:
            log.warning("the mailbox of %r is full (%d): messages are being dropped", self, self.max_mailbox)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {id(self):#x}>"


def current() -> Process | None:
    """The process whose turn (or init) the calling thread runs; None on any other thread."""
    return cast("Process | None", scheduler.running())


def all_alive() -> list[Process]:
    """Every living process, in order of start."""
    with kernel_lock:
        return list(_alive)


def dropped_ever() -> int:
    """Messages that were refused because a mailbox was full, since the start and by all processes."""
    return _Ties.dropped_ever


def _tell(watcher: Process | Callable[[Down], object], down: Down) -> None:
    if isinstance(watcher, Process):
        watcher._send_system(down)
    else:
        _guard(watcher, down)


def _guard(callback: Callable[[Any], object], argument: object) -> None:
    try:
        callback(argument)
    except BaseException:
        log.exception("a callback at the end of a process crashed")
