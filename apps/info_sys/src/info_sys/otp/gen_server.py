"""GenServer: a process that keeps a state and answers calls.

`call` waits for an answer, `cast` does not. A caller always hears: the reply, the end of the server, or its
own deadline, whichever comes first.

    class Counter(GenServer):
        def init(self, initial): self.value = initial
        def handle_cast(self, request): self.value += request
        def handle_call(self, request, caller): return Reply(self.value)

    counter = Counter(10).start()
    cast(counter, -2)
    call(counter, "val")  # 8
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self

from info_sys.otp import scheduler
from info_sys.otp.latch import Latch
from info_sys.otp.process import NOPROC, NORMAL, Down, Exit, Process
from info_sys.otp.registry import Server, register, resolve

CALL_TIMEOUT_S: Final = 5.0

Restart = Literal["permanent", "transient", "temporary"]
ChildType = Literal["worker", "supervisor"]


class CallTimeout(TimeoutError):
    """The server did not answer in time. A later answer is dropped."""


class ProcessDown(Exception):
    """The server is gone and will not answer."""

    def __init__(self, server: Server, reason: object) -> None:
        super().__init__(f"{server!r} is down: {reason!r}")
        self.reason = reason


class MailboxFull(Exception):
    """The server has more mail waiting than it takes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What `handle_call` returns to answer with `value`."""

    value: object = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """What `handle_call` returns when somebody will `reply(caller, value)` later."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Returned from any callback: end with `reason`, after answering the call with `reply` if given."""

    reason: object = NORMAL
    reply: Reply | None = None


Caller = Latch[Reply | Down]
"""Who asked: the handle for a later `reply`."""


@dataclass(frozen=True, slots=True)
class _Call:
    request: object
    caller: Caller


@dataclass(frozen=True, slots=True)
class _Cast:
    request: object


class GenServer(Process):
    """A process with callbacks. Arguments go to `init`; a `name` is registered for its life."""

    __slots__ = ("__dict__", "_init", "name")

    restart: ClassVar[Restart] = "permanent"
    """When a supervisor starts it anew, unless the child's spec says otherwise."""
    shutdown_ms: ClassVar[int | None] = 5000
    """How long a supervisor waits for its end."""
    child_type: ClassVar[ChildType] = "worker"
    """What a supervisor counts it as."""

    def __init__(self, *args: object, name: str | None = None, **kwargs: object) -> None:
        super().__init__()
        self._init = (args, kwargs)
        self.name = name

    # Any, and not object, lets a subclass declare the arguments that it takes.
    def init(self, *args: Any, **kwargs: Any) -> None:
        """Set the state up, in the thread that starts the server, which gets the error if there is one."""

    def handle_call(self, request: object, caller: Caller) -> Reply | NoReply | Stop:
        """Answer a call."""
        raise NotImplementedError(f"{type(self).__name__} has no handle_call for {type(request).__name__}")

    def handle_cast(self, request: object) -> Stop | None:
        """Take a cast."""
        raise NotImplementedError(f"{type(self).__name__} has no handle_cast for {type(request).__name__}")

    def handle_info(self, message: object) -> Stop | None:
        """Take any other message: timers, Down, ExitSignal. The default drops it."""

    def start(self) -> Self:
        """Register the name, run `init`, come alive. Raises AlreadyStarted, or what `init` raises."""
        self._refuse_second_start()
        if self.name is not None:
            register(self.name, self)
        args, kwargs = self._init
        try:
            with scheduler.acting_as(self):
                self.init(*args, **kwargs)
        except BaseException as error:
            self.abandon(error.reason if isinstance(error, Exit) else error)
            raise
        return super().start()

    def handle(self, message: object) -> None:
        """Hand one message to its callback."""
        if type(message) is _Call:
            self._answer(self.handle_call(message.request, message.caller), message.caller)
        elif type(message) is _Cast:
            self._obey(self.handle_cast(message.request), "handle_cast")
        else:
            self._obey(self.handle_info(message), "handle_info")

    # The callbacks are other people's code, so their results are checked although they are typed.
    def _answer(self, result: object, caller: Caller) -> None:
        match result:
            case Reply():
                caller.set(result)
            case NoReply():
                pass
            case Stop():
                if result.reply is not None:
                    caller.set(result.reply)
                raise Exit(result.reason)
            case _:
                self._refuse("handle_call", "Reply(value), NoReply() or Stop(reason, reply)", result)

    def _obey(self, result: object, callback: str) -> None:
        if result is None:
            return
        if isinstance(result, Stop):
            raise Exit(result.reason)
        self._refuse(callback, "None or Stop(reason)", result)

    def _refuse(self, callback: str, allowed: str, result: object) -> None:
        raise TypeError(f"{type(self).__name__}.{callback} must return {allowed}, not {result!r}")

    def __repr__(self) -> str:
        return super().__repr__() if self.name is None else f"<{type(self).__name__} {self.name}>"


def call(server: Server, request: object, timeout_s: float | None = CALL_TIMEOUT_S) -> object:
    """Ask `server` and wait at most `timeout_s` seconds for its answer.

    Raises CallTimeout, ProcessDown (gone before or while it was asked) or MailboxFull.
    """
    process = _find(server)
    if scheduler.running() is process:
        raise RuntimeError(f"{process!r} would wait for itself for ever; use its methods instead of call()")
    caller: Caller = Latch()
    ref = process.monitor(caller.set)
    try:
        if not process.send(_Call(request, caller)) and not process.ending:
            raise MailboxFull(f"{process!r} has {process.max_mailbox} messages waiting")
        if not caller.wait(timeout_s):
            raise CallTimeout(f"{process!r} did not answer within {timeout_s} s")
    finally:
        process.demonitor(ref)
    match caller.value:
        case Reply(value):
            return value
        case Down(reason=reason):
            raise ProcessDown(server, reason)


def cast(server: Server, request: object) -> bool:
    """Tell `server` without waiting. False when it is gone, ending or full."""
    try:
        return resolve(server).send(_Cast(request))
    except ProcessLookupError:
        return False


def reply(caller: Caller, value: object) -> bool:
    """Answer a call that got NoReply, from any thread. False when it was answered or its server is gone."""
    return caller.set(Reply(value))


def _find(server: Server) -> Process:
    try:
        return resolve(server)
    except ProcessLookupError:
        raise ProcessDown(server, NOPROC) from None
