"""The observer: what runs, what waits, who watches whom. Looks only; nothing here asks a process anything.

A queue that grows shows the bottleneck: `busiest()` has it on top.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from info_sys.otp import scheduler, threads
from info_sys.otp.process import Process, all_alive, dropped_ever
from info_sys.otp.registry import Server, names, resolve
from info_sys.otp.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One process at one moment. `turns` counts the turns it had, `dropped` the mail it refused as full."""

    process: Process
    name: str | None
    type: str
    queue_length: int
    turns: int
    dropped: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Node:
    """One place in a supervision tree."""

    id: str
    info: ProcessInfo | None
    children: list[Node] = field(default_factory=list)

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree as indented text, one line per process."""
        state = "not running" if self.info is None else f"{self.info.type}, {self.info.queue_length} waiting"
        yield f"{'  ' * depth}{self.id} ({state})"
        for child in self.children:
            yield from child.lines(depth + 1)


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """The whole kernel at one moment.

    `waiting` is all mail together, `longest` the most that one process has, `dropped` what full mailboxes
    have refused since the start.
    """

    processes: int
    waiting: int
    longest: int
    dropped: int
    scheduler: scheduler.Stats
    task_threads: int


def info(process: Process) -> ProcessInfo:
    """What is known of one process."""
    return ProcessInfo(
        process,
        _name(process),
        type(process).__name__,
        process.queue_length,
        process.turns,
        process.dropped,
        process.alive,
    )


def processes() -> list[ProcessInfo]:
    """Every living process, in order of start."""
    return [info(process) for process in all_alive()]


def busiest(count: int = 20) -> list[ProcessInfo]:
    """The processes with the longest queues, the longest first; quick, however many there are."""
    most = heapq.nlargest(count, all_alive(), key=lambda process: process.queue_length)
    return [info(process) for process in most]


def types() -> dict[str, int]:
    """How many processes there are of each class, the commonest first."""
    counted = Counter(type(process).__name__ for process in all_alive())
    return dict(counted.most_common())


def find(address: str) -> Process:
    """A living process by its name, or by the number that its representation ends with (`0x7f...`).

    Raises ProcessLookupError.
    """
    if not address.startswith("0x"):
        return resolve(address)
    for process in all_alive():
        if hex(id(process)) == address:
            return process
    raise ProcessLookupError(f"no process has the address {address}")


def tree(supervisor: Server, child_id: str | None = None) -> Node:
    """The supervision tree below `supervisor`. Raises ProcessLookupError for an unknown name."""
    process = resolve(supervisor)
    seen = info(process)
    node = Node(child_id or seen.name or seen.type, seen)
    if isinstance(process, Supervisor):
        for child in process.children_now():
            below = Node(child.id, None) if child.process is None else tree(child.process, child.id)
            node.children.append(below)
    return node


def roots() -> list[Supervisor]:
    """The supervisors that no supervisor started: the tops of the trees."""
    supervisors = [process for process in all_alive() if isinstance(process, Supervisor)]
    below = {child.process for supervisor in supervisors for child in supervisor.children_now()}
    return [supervisor for supervisor in supervisors if supervisor not in below]


def system() -> SystemInfo:
    """Counts of the kernel. Looks at every process: some 10 ms for 100,000 of them."""
    lengths = [process.queue_length for process in all_alive()]
    most = max(lengths, default=0)
    stats, busy = scheduler.default.stats(), threads.default.busy
    return SystemInfo(len(lengths), sum(lengths), most, dropped_ever(), stats, busy)


def kill(server: Server) -> None:
    """Kill a process, to see its supervisor bring it back. Raises ProcessLookupError."""
    resolve(server).kill()


def _name(process: Process) -> str | None:
    keys = names.keys(process)
    return str(keys[0]) if keys else None
