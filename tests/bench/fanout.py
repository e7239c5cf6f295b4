"""The figures that compare rumbl with the peers: fan-out, bursts, round trips, heartbeats, joins, memory."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.bench import figures
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.rounds import Fields, Rounds, Say, beside_peers
from tests.bench.servers import catalog

ENDLESS = 1_000_000  # broadcasts; the time limit of the phase ends it
WAITING = 16  # clients that ask for heartbeats during a fan-out

SINGLE_AT_LEAST = {1_000: Target(4.5, of_ratio=True)}
SINGLE_OTHERWISE = Target(4, of_ratio=True)
P99_OF_WHOLE = Target(1.3, at_least=False)
BURSTS_AT_LEAST = Target(12, of_ratio=True)
CALLS_AT_LEAST = Target(3.5, of_ratio=True)
HEARTBEATS_AT_LEAST = Target(4, of_ratio=True)
JOINS_AT_LEAST = Target(1.5, of_ratio=True)


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Play everything; the figures in the order of the report."""
    with beside_peers(core, folder, plan, say) as rounds:
        for size in plan.sizes:
            rounds.play(size, _phases(plan, size))
    return [*_single(rounds), *_middle(rounds), *_largest(rounds)], rounds.lines


def _phases(plan: Plan, size: int) -> list[str]:
    asking = f"{plan.players}:{plan.seconds}"
    phases = [f"fanout:1:{ENDLESS}"]
    if size == plan.middle:
        phases += [f"fanout:8:{ENDLESS}", f"call:{asking}", f"heartbeat:{asking}"]
    if size == plan.sizes[-1]:
        phases += [f"mix:1:{WAITING}", "memory"]
    return phases


def _single(rounds: Rounds) -> list[Figure]:
    found = []
    for size in rounds.plan.sizes:
        wanted: Fields = {"phase": "fanout", "subscribers": size, "in_flight": 1}
        target = SINGLE_AT_LEAST.get(size, SINGLE_OTHERWISE)
        phoenix = figures.FANOUT.get(size)
        title = f"fan-out to {size:,}, deliveries/s"
        single = rounds.figure(title, "deliveries_per_s", wanted, phoenix, target)
        found.append(dataclasses.replace(single, of_floor=True))
        if size >= rounds.plan.middle:
            found.append(_p99_of_whole(rounds, size, wanted))
    return found


def _p99_of_whole(rounds: Rounds, size: int, wanted: Fields) -> Figure:
    """The p99 of a delivery over the median time until a broadcast was with everyone, run by run."""

    def shares(name: str) -> list[float]:
        lines = rounds.matching({"label": name, **wanted})
        return [line["p99_ms"] / line["whole_p50_ms"] for line in lines if line["whole_p50_ms"]]

    others = [server.spec.name for server in rounds.servers if server.spec.name != catalog.RUMBL]
    return Figure(
        f"p99 of a delivery / time of the whole fan-out to {size:,}",
        ours=shares(catalog.RUMBL),
        others={name: shares(name) for name in others if name != rounds.naive},
        naive=shares(rounds.naive),
        target=P99_OF_WHOLE,
    )


def _middle(rounds: Rounds) -> list[Figure]:
    size, asking = rounds.plan.middle, f"{rounds.plan.players} clients"
    bursts: Fields = {"phase": "fanout", "subscribers": size, "in_flight": 8}
    joins: Fields = {"phase": "join", "clients": size}
    each, calls, heartbeats = "round_trips_per_s", {"phase": "call"}, {"phase": "heartbeat"}
    figure = rounds.figure
    return [
        figure(
            f"bursts of 8 to {size:,}, deliveries/s",
            "deliveries_per_s",
            bursts,
            figures.BURSTS,
            BURSTS_AT_LEAST,
        ),
        figure(f"channel round trips/s, {asking}", each, calls, figures.CALLS, CALLS_AT_LEAST),
        figure(f"channel round trips, p99 in ms, {asking}", "p99_ms", calls),
        figure(f"heartbeats/s, {asking}", each, heartbeats, figures.HEARTBEATS, HEARTBEATS_AT_LEAST),
        figure(
            f"joins/s, token checked, {size:,} clients", "joins_per_s", joins, figures.JOINS, JOINS_AT_LEAST
        ),
    ]


def _largest(rounds: Rounds) -> list[Figure]:
    size = rounds.plan.sizes[-1]
    waits: Fields = {"phase": "mix", "subscribers": size}
    memory: Fields = {"phase": "join", "clients": size}
    longest = rounds.figure(
        f"longest wait of a heartbeat during fan-outs to {size:,}, ms", "heartbeat_max_ms", waits
    )
    usual = rounds.figure("p99 of the same, ms", "heartbeat_p99_ms", waits)
    held = rounds.figure(f"KiB of server memory per joined connection, {size:,}", "kib_per_client", memory)
    return [dataclasses.replace(one, cpu_ours=(), cpu_naive=()) for one in (longest, usual, held)]
