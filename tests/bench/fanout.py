"""The figures that compare rumbl with the peers: fan-out, bursts, round trips, heartbeats, joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.bench import figures, load
from tests.bench.figures import Figure, Phoenix, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.servers.process import Running

Say = Callable[[str], None]
Fields = Mapping[str, object]

ENDLESS = 1_000_000  # broadcasts; the time limit of the phase ends it
DRIVER_BUSY = 0.9  # of its core: from here on the driver may be what is measured

FANOUT_AT_LEAST = Target(4, of_ratio=True)


class Rounds:
    """Plays the same phases against several servers in turn, round after round, and keeps every line."""

    def __init__(self, servers: Sequence[Running], plan: Plan, say: Say) -> None:
        self.servers = servers
        self.plan = plan
        self.say = say
        self.lines: list[Line] = []

    def play(self, clients: int, phases: Sequence[str]) -> None:
        """One round after the other, in each of them every server once: what is compared is close in time."""
        for run in range(1, self.plan.runs + 1):
            for server in self._able(clients):
                self.say(f"{clients:>6,} clients, run {run} of {self.plan.runs}: {server.spec.name}")
                limits = {"limit": self.plan.seconds, "patience": 10.0}
                self.lines += load.play(server, clients, phases, **limits)

    def _able(self, clients: int) -> list[Running]:
        """The servers that can hold so many; a thread for each of 10,000 clients can't be had."""
        return [server for server in self.servers if clients <= server.spec.most_clients]

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
        peer = next((server.spec.name for server in self.servers if "naive" in server.spec.name), "")
        return Figure(
            title,
            ours=self.values("rumbl", key, wanted),
            naive=self.values(peer, key, wanted),
            floor=self.values("floor", key, wanted),
            phoenix=phoenix,
            target=target,
            note=remarks(self.matching(wanted)),
            cpu_ours=self.values("rumbl", "server_us_each", wanted),
            cpu_naive=self.values(peer, "server_us_each", wanted),
        )


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


def measure(rounds: Rounds) -> list[Figure]:
    """Play everything; the figures in the order of the report."""
    plan = rounds.plan
    for size in plan.sizes:
        one_at_a_time = f"fanout:1:{ENDLESS}"
        rounds.play(size, [one_at_a_time, *_middle_phases(plan)] if size == plan.middle else [one_at_a_time])
    return [
        *(_fanout(rounds, size) for size in plan.sizes),
        *_middle_figures(rounds),
    ]


def _middle_phases(plan: Plan) -> list[str]:
    asking = f"{plan.players}:{plan.seconds}"
    return [f"fanout:8:{ENDLESS}", f"call:{asking}", f"heartbeat:{asking}"]


def _fanout(rounds: Rounds, size: int) -> Figure:
    title = f"fan-out to {size:,}, deliveries/s"
    wanted = {"phase": "fanout", "subscribers": size, "in_flight": 1}
    return rounds.figure(title, "deliveries_per_s", wanted, figures.FANOUT.get(size), FANOUT_AT_LEAST)


def _middle_figures(rounds: Rounds) -> list[Figure]:
    size, asking = rounds.plan.middle, f"{rounds.plan.players} clients"
    bursts: Fields = {"phase": "fanout", "subscribers": size, "in_flight": 8}
    joins: Fields = {"phase": "join", "clients": size}
    each, figure = "round_trips_per_s", rounds.figure
    return [
        figure(
            f"bursts of 8 to {size:,}, deliveries/s",
            "deliveries_per_s",
            bursts,
            figures.BURSTS,
            FANOUT_AT_LEAST,
        ),
        figure(f"channel round trips/s, {asking}", each, {"phase": "call"}, figures.CALLS),
        figure(f"heartbeats/s, {asking}", each, {"phase": "heartbeat"}, figures.HEARTBEATS),
        figure(f"joins/s, {size:,} clients", "joins_per_s", joins, figures.JOINS),
    ]
