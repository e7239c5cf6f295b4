"""Plays the same phases against several servers in turn, so that what is compared is close in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench import load
from tests.bench.figures import Figure, Phoenix, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.servers import catalog
from tests.bench.servers.process import Running, started

Say = Callable[[str], None]
Fields = Mapping[str, object]

DRIVER_BUSY = 0.9  # of its core: from here on the driver may be what is measured
NEEDS_HEARTBEATS = ("heartbeat", "mix")


class Rounds:
    """Plays phases round after round and keeps every line of the driver."""

    def __init__(self, servers: Sequence[Running], plan: Plan, say: Say) -> None:
        self.servers = servers
        self.plan = plan
        self.say = say
        self.lines: list[Line] = []

    def play(self, clients: int, phases: Sequence[str]) -> None:
        """One round after the other, in each of them every server once."""
        for run in range(1, self.plan.runs + 1):
            for server in self._able(clients):
                self.say(f"{clients:>6,} clients, run {run} of {self.plan.runs}: {server.spec.name}")
                limits = {"limit": self.plan.seconds, "patience": 10.0}
                self.lines += load.play(server, clients, _spoken(server, phases), **limits)

    def _able(self, clients: int) -> list[Running]:
        """The servers that can hold so many; a thread for each of 10,000 clients can't be had."""
        return [server for server in self.servers if clients <= server.spec.most_clients]

    @property
    def naive(self) -> str:
        """What the naive peer is called in this run."""
        return next((server.spec.name for server in self.servers if "naive" in server.spec.name), "")

    def values(self, name: str, key: str, wanted: Fields) -> list[float]:
        """`key` of every line of the server called `name` whose fields are `wanted`."""
        return [line[key] for line in self.matching({"label": name, **wanted})]

    def matching(self, wanted: Fields) -> list[Line]:
        """The lines whose fields are `wanted`."""
        return [line for line in self.lines if all(line.get(key) == wanted[key] for key in wanted)]

    def figure(
        self,
        title: str,
        key: str,
        wanted: Fields,
        phoenix: Phoenix | None = None,
        target: Target | None = None,
    ) -> Figure:
        """One figure out of the lines that are `wanted`."""
        names = [server.spec.name for server in self.servers]
        others = [name for name in names if name not in (catalog.RUMBL, self.naive)]
        return Figure(
            title,
            ours=self.values(catalog.RUMBL, key, wanted),
            naive=self.values(self.naive, key, wanted),
            others={name: self.values(name, key, wanted) for name in others},
            phoenix=phoenix,
            target=target,
            note=remarks(self.matching(wanted)),
            cpu_ours=self.values(catalog.RUMBL, "server_us_each", wanted),
            cpu_naive=self.values(self.naive, "server_us_each", wanted),
        )


@contextmanager
def beside_peers(core: int, folder: Path, plan: Plan, say: Say) -> Iterator[Rounds]:
    """rumbl's channels and every peer, started and idle but for the one whose turn it is."""
    specs = [catalog.bench_channel(), *catalog.peers(threads=plan.threads)]
    with ExitStack() as stack:
        yield Rounds([stack.enter_context(started(spec, core, folder)) for spec in specs], plan, say)


def _spoken(server: Running, phases: Sequence[str]) -> list[str]:
    return [one for one in phases if server.spec.heartbeats or not one.startswith(NEEDS_HEARTBEATS)]


def remarks(lines: Sequence[Line]) -> str:
    """What a reader must know of these lines: lost or doubled messages, a driver at its limit."""
    said = []
    for name in sorted({line["label"] for line in lines}):
        mine = [line for line in lines if line["label"] == name]
        wrong = sum(
            line.get(key, 0) for line in mine for key in ("missing", "disorder", "errors", "unanswered")
        )
        if wrong:
            said.append(f"{name}: {wrong:,} missing, doubled or refused")
        if max(line.get("driver_cpu", 0) for line in mine) > DRIVER_BUSY:
            said.append(f"{name}: the driver was busy, the server may do more")
    return "; ".join(said)
