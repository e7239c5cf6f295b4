"""Child specs: what a supervisor knows of a child.

A server's class is spec enough: its class attributes `restart`, `shutdown_ms` and `child_type` say the rest,
and `but` changes what this one child wants otherwise.

    Supervisor([
        Cache,                                                       # started as Cache()
        child_spec(Counter, 15, tick_ms=1000).but(id="long"),
        child_spec(Counter, 5).but(id="short", restart="temporary"),
        ChildSpec("anything", lambda: Printer().start()),
    ])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from info_sys.otp.gen_server import ChildType, GenServer, Restart
from info_sys.otp.process import Process


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to start and stop one child.

    `start` answers a started process. `restart`: permanent always, temporary never, transient only when the
    reason is other than normal, shutdown or ("shutdown", term). `shutdown_ms`: how long it may take to stop
    before it is killed and given up; 0 kills at once, None (for supervisors) waits as long as its children
    need.
    """

    id: str
    start: Callable[[], Process]
    restart: Restart = "permanent"
    shutdown_ms: int | None = 5000
    type: ChildType = "worker"

    def but(self, **changes: Any) -> ChildSpec:
        """The same spec with other fields. Raises TypeError for one that there is not."""
        return replace(self, **changes)


Child = ChildSpec | type[GenServer]
"""What a supervisor takes: a spec, or a server's class alone, which is started without arguments."""


def child_spec(server: type[GenServer], *args: Any, **kwargs: Any) -> ChildSpec:
    """The default spec of a server that starts with these arguments; its id is the name of the class."""
    return ChildSpec(
        server.__name__,
        lambda: server(*args, **kwargs).start(),
        server.restart,
        server.shutdown_ms,
        server.child_type,
    )


def spec_of(child: Child) -> ChildSpec:
    """The spec of what a supervisor was given."""
    return child if isinstance(child, ChildSpec) else child_spec(child)
