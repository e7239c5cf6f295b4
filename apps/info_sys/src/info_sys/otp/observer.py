"""The observer: what runs, what waits, who watches whom. Looks only; nothing here asks a process anything.

A queue that grows shows the bottleneck: sort `processes()` by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from info_sys.otp import scheduler, threads
from info_sys.otp.process import Process, all_alive
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
    """The whole kernel at one moment."""

    processes: int
    scheduler: scheduler.Stats
    task_threads: int


def info(process: Process) -> ProcessInfo:
    """What is known of one process."""
    keys = names.keys(process)
    return ProcessInfo(
        process,
        str(keys[0]) if keys else None,
        type(process).__name__,
        process.queue_length,
        process.turns,
        process.dropped,
        process.alive,
    )


def processes() -> list[ProcessInfo]:
    """Every living process, in order of start."""
    return [info(process) for process in all_alive()]


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


def system() -> SystemInfo:
    """Counts of the kernel."""
    return SystemInfo(len(all_alive()), scheduler.default.stats(), threads.default.busy)


def kill(server: Server) -> None:
    """Kill a process, to see its supervisor bring it back. Raises ProcessLookupError."""
    resolve(server).kill()
