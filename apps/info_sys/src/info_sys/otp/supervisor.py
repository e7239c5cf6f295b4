"""Supervisors: start children in order, restart them when they end, stop them in reverse order.

A child is restarted with its first state, never its last. More than `max_restarts` restarts within
`max_seconds` mean that restarting does not help: the supervisor stops its children and ends with SHUTDOWN
itself, so that its own supervisor decides."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeVar, cast

from info_sys.otp.child_spec import Child, ChildSpec, child_spec, spec_of
from info_sys.otp.gen_server import Caller, ChildType, GenServer, Reply, call
from info_sys.otp.process import NORMAL, SHUTDOWN, Down, Exit, Process

__all__ = [
    "Child",
    "ChildCount",
    "ChildInfo",
    "ChildNotFound",
    "ChildRunning",
    "ChildSpec",
    "DuplicateChild",
    "StartError",
    "Strategy",
    "Supervisor",
    "child_spec",
    "is_normal",
]

log = logging.getLogger(__name__)

T = TypeVar("T")

Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]

_ASK_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ChildInfo:
    """One child at one moment; `process` is None while it does not run."""

    id: str
    process: Process | None
    type: str
    restart: str


@dataclass(frozen=True, slots=True)
class ChildCount:
    """How many specs there are, how many of them run, and of which type."""

    specs: int
    active: int
    workers: int
    supervisors: int


class StartError(Exception):
    """A child could not be started; the message names it."""


class DuplicateChild(ValueError):
    """Two children have the same id."""


class ChildNotFound(LookupError):
    """No child has this id."""


class ChildRunning(RuntimeError):
    """The child runs, so it can't be restarted or deleted by hand."""


class _Held:
    __slots__ = ("process", "ref", "spec")

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: Process | None = None
        self.ref: object = None

    def info(self) -> ChildInfo:
        return ChildInfo(self.spec.id, self.process, self.spec.type, self.spec.restart)


@dataclass(frozen=True, slots=True)
class _TryAgain:
    child: _Held


class Supervisor(GenServer):
    """Watches `children`: specs, or servers' classes; `specs` are those that it was made with.

    `start` raises StartError or DuplicateChild and leaves nothing running.
    """

    shutdown_ms: ClassVar[int | None] = None
    child_type: ClassVar[ChildType] = "supervisor"

    def __init__(
        self,
        children: Sequence[Child] = (),
        strategy: Strategy = "one_for_one",
        *,
        max_restarts: int = 3,
        max_seconds: float = 5,
        name: str | None = None,
    ) -> None:
        if strategy not in ("one_for_one", "one_for_all", "rest_for_one"):
            raise ValueError(f"strategy {strategy!r}: choose one_for_one, one_for_all or rest_for_one")
        self.specs: Final = tuple(spec_of(child) for child in children)
        super().__init__(self.specs, name=name)
        self.strategy: Strategy = strategy
        self._max_restarts = max_restarts
        self._max_seconds = max_seconds
        self._restarts: deque[float] = deque()
        self._children: dict[str, _Held] = {}

    # -- for everybody

    def which_children(self) -> list[ChildInfo]:
        """The children in order of start."""
        return self._ask(self.children_now)

    def count_children(self) -> ChildCount:
        """Their numbers."""
        infos = self.which_children()
        supervisors = sum(info.type == "supervisor" for info in infos)
        active = sum(info.process is not None for info in infos)
        return ChildCount(len(infos), active, len(infos) - supervisors, supervisors)

    def start_child(self, child: Child) -> Process:
        """Add a child and start it. Raises DuplicateChild, StartError."""
        return self._ask(lambda: self._add(spec_of(child)))

    def terminate_child(self, child_id: str) -> None:
        """Stop a child and keep its spec (a temporary one's is dropped). Raises ChildNotFound."""
        self._ask(lambda: self._terminate(self._find(child_id)))

    def restart_child(self, child_id: str) -> Process:
        """Start a stopped child again. Raises ChildNotFound, ChildRunning, StartError."""
        return self._ask(lambda: self._launch(self._find(child_id, stopped=True)))

    def delete_child(self, child_id: str) -> None:
        """Forget a stopped child. Raises ChildNotFound, ChildRunning."""
        self._ask(lambda: self._children.pop(self._find(child_id, stopped=True).spec.id))

    def children_now(self) -> list[ChildInfo]:
        """The children as seen from outside at this moment, without asking: for the observer."""
        return [child.info() for child in list(self._children.values())]

    # -- callbacks

    def init(self, children: Sequence[ChildSpec]) -> None:
        """Start all children in order; when one fails, stop those that run."""
        _refuse_duplicates(spec.id for spec in children)
        self._children = {spec.id: _Held(spec) for spec in children}
        try:
            for child in self._children.values():
                self._launch(child)
        except StartError:
            self.terminate(SHUTDOWN)
            raise

    def handle_call(self, request: object, caller: Caller) -> Reply:
        """Run what a method above asks for; its error is the caller's, not ours."""
        try:
            return Reply((cast("Callable[[], object]", request)(), None))
        except (StartError, DuplicateChild, ChildNotFound, ChildRunning) as error:
            return Reply((None, error))

    def handle_info(self, message: object) -> None:
        """A child ended, or a restart is to be tried once more."""
        match message:
            case Down(ref=ref, reason=reason):
                child = next((child for child in self._children.values() if child.ref is ref), None)
                if child is not None:
                    self._child_ended(child, reason)
            case _TryAgain(child=child) if child.process is None and child.spec.id in self._children:
                self._restart(child)

    def terminate(self, reason: object) -> None:
        """Stop the children, the last started first."""
        for child in reversed(self._children.values()):
            self._halt(child)

    # -- the engine

    def _child_ended(self, child: _Held, reason: object) -> None:
        child.process = child.ref = None
        normal = is_normal(reason)
        log.log(
            logging.DEBUG if normal else logging.ERROR, "%r: child %s ended: %r", self, child.spec.id, reason
        )
        if child.spec.restart == "permanent" or (child.spec.restart == "transient" and not normal):
            self._restart(child)
        elif child.spec.restart == "temporary":
            del self._children[child.spec.id]

    def _restart(self, child: _Held) -> None:
        self._count_restart(child)
        group = self._group(child)
        for other in reversed(group):
            self._terminate(other)
        for other in group:
            if other.spec.id in self._children and not self._relaunch(other):
                return

    def _group(self, child: _Held) -> list[_Held]:
        children = list(self._children.values())
        match self.strategy:
            case "one_for_one":
                return [child]
            case "one_for_all":
                return children
            case "rest_for_one":
                return children[children.index(child) :]

    def _relaunch(self, child: _Held) -> bool:
        try:
            self._launch(child)
        except StartError as error:
            log.error("%r: %s", self, error)
            self._send_system(_TryAgain(child))
            return False
        return True

    def _count_restart(self, child: _Held) -> None:
        now = time.monotonic()
        self._restarts.append(now)
        while now - self._restarts[0] > self._max_seconds:
            self._restarts.popleft()
        if len(self._restarts) > self._max_restarts:
            log.error(
                "%r gives up: child %s made it more than %d restarts in %s s",
                self, child.spec.id, self._max_restarts, self._max_seconds,
            )  # fmt: skip
            raise Exit(SHUTDOWN)

    def _launch(self, child: _Held) -> Process:
        try:
            process = child.spec.start()
        except Exception as error:
            raise StartError(
                f"child {child.spec.id!r} failed to start: {type(error).__name__}: {error}"
            ) from error
        child.process = process
        child.ref = process.monitor(self)
        return process

    def _terminate(self, child: _Held) -> None:
        self._halt(child)
        if child.spec.restart == "temporary":
            self._children.pop(child.spec.id, None)

    def _halt(self, child: _Held) -> None:
        process, child.process = child.process, None
        if process is None:
            return
        process.demonitor(child.ref)
        child.ref = None
        shutdown_ms = child.spec.shutdown_ms
        if shutdown_ms == 0:
            process.kill()
        else:
            process.exit(SHUTDOWN)
        if not process.wait(None if shutdown_ms is None else (shutdown_ms or _KILL_MS) / 1000):
            log.error("%r: child %s did not stop in time and is given up", self, child.spec.id)
            process.abandon()

    def _add(self, spec: ChildSpec) -> Process:
        _refuse_duplicates([*self._children, spec.id])
        child = _Held(spec)
        process = self._launch(child)
        self._children[spec.id] = child
        return process

    def _find(self, child_id: str, *, stopped: bool = False) -> _Held:
        child = self._children.get(child_id)
        if child is None:
            raise ChildNotFound(f"no child has the id {child_id!r}; there are {sorted(self._children)}")
        if stopped and child.process is not None:
            raise ChildRunning(f"child {child_id!r} runs; terminate it first")
        return child

    def _ask(self, request: Callable[[], T]) -> T:
        value, error = cast("tuple[T, Exception | None]", call(self, request, _ASK_S))
        if error is not None:
            raise error
        return value


# How long a killed child may take to finish the message at hand.
_KILL_MS: Final = 1000


def is_normal(reason: object) -> bool:
    """Whether a transient child that ended so stays away: normal, shutdown or ("shutdown", term)."""
    if isinstance(reason, tuple):
        return len(reason) == 2 and reason[0] == SHUTDOWN
    return reason in (NORMAL, SHUTDOWN)


def _refuse_duplicates(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for child_id in ids:
        if child_id in seen:
            raise DuplicateChild(
                f"more than one child has the id {child_id!r}; give each ChildSpec an id of its own"
            )
        seen.add(child_id)
