"""Tasks: functions that run once, on threads of their own, because they may block.

A task under a TaskSupervisor is not linked to who asked: its crash is an `Exit` in its result, not theirs.
A thread can't be killed in Python, so a task that is shut down is abandoned: its result is `Exit(KILLED)`
from then on, what it returns later is dropped, and until it does it counts against `max_children`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, ParamSpec, TypeVar

from info_sys.otp import threads
from info_sys.otp.gen_server import ChildType, GenServer, ProcessDown
from info_sys.otp.latch import Latch
from info_sys.otp.process import KILLED, NOPROC, NORMAL, SHUTDOWN, Exit
from info_sys.otp.registry import Server, resolve
from info_sys.otp.scheduler import kernel_lock
from info_sys.otp.threads import NoThreadLeft

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MAX_CHILDREN: Final = 64


class MaxChildren(Exception):
    """The task supervisor has as many unfinished tasks as it allows."""


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """What a finished task returned."""

    value: T


class Task(Generic[T]):
    """A function that runs or ran. Its outcome is `Ok(value)` or `Exit(reason)`, set once."""

    __slots__ = ("_ended", "_function", "_outcome")

    def __init__(self, function: Callable[[], T], ended: Callable[[Task[T]], object] | None = None) -> None:
        self._function = function
        self._ended = ended
        self._outcome: Latch[Ok[T] | Exit] = Latch()

    @staticmethod
    def start(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Run `fn` and forget it: a crash is only logged. Raises NoThreadLeft."""
        task = Task(lambda: fn(*args, **kwargs))
        threads.default.run(task.run)
        return task

    def run(self) -> None:
        """Run the function on this thread and keep the outcome, unless the task was abandoned meanwhile."""
        if not self._outcome.is_set:
            self._outcome.set(self._attempt())
        if self._ended is not None:
            self._ended(self)

    @property
    def done(self) -> bool:
        """Finished, crashed or abandoned."""
        return self._outcome.is_set

    def result(self, timeout_s: float | None = 0.0) -> Ok[T] | Exit | None:
        """The outcome, waiting at most `timeout_s` seconds for it. None when it is not there yet."""
        return self._outcome.value if self._outcome.wait(timeout_s) else None

    def shutdown(self, timeout_s: float = 0.0) -> Ok[T] | Exit | None:
        """Wait `timeout_s` seconds, then give up on it. An outcome that is there is answered, else None."""
        outcome = self.result(timeout_s)
        if outcome is None and not self._outcome.set(Exit(KILLED)):
            return self._outcome.value
        return outcome

    def _attempt(self) -> Ok[T] | Exit:
        try:
            return Ok(self._function())
        except Exit as stop:
            return Exit(stop.reason)
        except BaseException as error:
            log.warning("a task crashed", exc_info=True)
            return Exit(error.with_traceback(None))


class TaskSupervisor(GenServer):
    """Owns tasks: counts them, refuses more than `max_children`, gives up on all of them when it ends."""

    child_type: ClassVar[ChildType] = "supervisor"

    def __init__(self, name: str | None = None, max_children: int = MAX_CHILDREN) -> None:
        super().__init__(name=name)
        self._max_children = max_children
        self._tasks: dict[Task[Any], None] = {}

    def async_nolink(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Run `fn` under this supervisor. Raises MaxChildren, NoThreadLeft, ProcessDown."""
        task = Task(lambda: fn(*args, **kwargs), self._forget)
        self._adopt(task)
        try:
            threads.default.run(task.run)
        except NoThreadLeft:
            self._forget(task)
            raise
        return task

    start_child = async_nolink

    def children(self) -> list[Task[Any]]:
        """The tasks whose function has not returned, abandoned ones included."""
        with kernel_lock:
            return list(self._tasks)

    def drain(self, timeout_s: float) -> bool:
        """Wait for the tasks that are under way; False when one still is after `timeout_s` seconds."""
        return all(outcome is not None for _task, outcome in yield_many(self.children(), timeout_s))

    def terminate(self, reason: object) -> None:
        """Give up on all tasks."""
        for task in self.children():
            task.shutdown()

    def _adopt(self, task: Task[T]) -> None:
        with kernel_lock:
            if self.ending or not self.alive:
                raise ProcessDown(self.name or self, self.exit_reason or NOPROC)
            if len(self._tasks) >= self._max_children:
                raise MaxChildren(f"{self!r} has {self._max_children} unfinished tasks")
            self._tasks[task] = None

    def _forget(self, task: Task[T]) -> None:
        with kernel_lock:
            self._tasks.pop(task, None)


def find_supervisor(server: Server) -> TaskSupervisor:
    """The task supervisor of that name. Raises ProcessDown when there is none."""
    try:
        process = resolve(server)
    except ProcessLookupError:
        raise ProcessDown(server, NOPROC) from None
    if not isinstance(process, TaskSupervisor):
        raise TypeError(f"{server!r} is a {type(process).__name__}, not a TaskSupervisor")
    return process


def yield_many(tasks: Iterable[Task[T]], timeout_s: float) -> list[tuple[Task[T], Ok[T] | Exit | None]]:
    """Wait for all tasks together at most `timeout_s` seconds: each with its outcome or None, in order."""
    deadline = time.monotonic() + timeout_s
    return [(task, task.result(max(deadline - time.monotonic(), 0.0))) for task in tasks]


__all__ = [
    "KILLED",
    "NORMAL",
    "SHUTDOWN",
    "Exit",
    "MaxChildren",
    "NoThreadLeft",
    "Ok",
    "Task",
    "TaskSupervisor",
    "find_supervisor",
    "yield_many",
]
