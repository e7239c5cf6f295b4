"""One worker on one core against two workers, joined by Redis, on two.

The drivers need a core too, and there may be no third. So the whole of it doubles: one worker and two drivers
share one core; then two workers, Redis and the same two drivers share two. Each worker keeps to a core, as by
`PIN_WORKERS`: threads that share an interpreter lock hinder each other across cores.

Clients that wait for each answer before they ask again keep a worker busy only if there are enough of them:
each driver plays as many as one server has elsewhere, against one worker as against two.
"""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median

from rumbl_web.phoenix import testing_redis
from tests.bench import load, machine
from tests.bench.figures import Figure, Target
from tests.bench.load import Driver, Line
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import catalog
from tests.bench.servers.process import Running, Spec, started

ENDLESS = 1_000_000
QUIET_S = 0.5
AT_LEAST = Target(1.6)

Result = dict[str, float]


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Fan-out and round trips of both, run by run. Nothing where there is no Redis or no second core."""
    both = set(machine.cores())
    if testing_redis.binary() is None or len(both) < 2:
        say(f"the part workers is left out: {testing_redis.MISSING}, or one core only")
        return [], []
    one: list[Result] = []
    two: list[Result] = []
    lines: list[Line] = []
    with testing_redis.running(folder / "redis") as redis:
        for run in range(1, plan.runs + 1):
            say(f"one worker on one core, run {run} of {plan.runs}")
            one.append(_one(catalog.bench_channel(), {core}, folder, plan, lines))
            say(f"two workers on two cores, run {run} of {plan.runs}")
            two.append(_one(catalog.bench_channel(2, redis.url), both, folder, plan, lines))
    return _figures(one, two, plan), lines


def _one(spec: Spec, cores: set[int], folder: Path, plan: Plan, lines: list[Line]) -> Result:
    with started(spec, cores, folder) as server:
        _pin(server, cores)
        found = _play(server, cores, plan)
    lines += [{**line, "workers": len(cores)} for line in found.values()]
    said, heard = found["fanout"], found["listen"]
    deliveries = said["deliveries"] + heard["deliveries"]
    took_s = (max(said["ended_ns"], heard["ended_ns"]) - said["began_ns"]) / 1e9
    calls = found["call"]["round_trips_per_s"] + found["other call"]["round_trips_per_s"]
    return {
        "deliveries_per_s": deliveries / took_s,
        "server_us_each": said["server_us_each"] * said["deliveries"] / deliveries,
        "round_trips_per_s": calls,
        "server_us_a_call": found["call"]["server_us_each"] * found["call"]["round_trips_per_s"] / calls,
        "lost": said["missing"] + said["disorder"] + heard["disorder"],
    }


def _pin(server: Running, cores: set[int]) -> None:
    """Give each worker, with all its threads, one of `cores`."""
    for pid, core in zip(server.pids()[1:], sorted(cores), strict=False):
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def _play(server: Running, cores: set[int], plan: Plan) -> dict[str, Line]:
    """Two drivers at the same time: one publishes and the other counts, then both ask."""
    limits: dict[str, float | str] = {"limit": plan.seconds, "patience": 20.0}
    ask = ["gate", f"call:{plan.players}:{plan.seconds}"]
    ear = load.Driver(server, plan.per_driver, ["gate", f"listen:{QUIET_S}", *ask], limits, cores)
    mouth = load.Driver(server, plan.per_driver, ["gate", f"fanout:1:{ENDLESS}", *ask], limits, cores)
    try:
        return _both(ear, mouth)
    finally:
        ear.end()
        mouth.end()


def _both(ear: Driver, mouth: Driver) -> dict[str, Line]:
    found = {"join": mouth.line(), "other join": ear.line()}
    for driver in (ear, mouth):
        driver.open_gate()
    found |= {"fanout": mouth.line(), "listen": ear.line()}
    for driver in (ear, mouth):
        driver.open_gate()
    return {**found, "call": mouth.line(), "other call": ear.line()}


def _figures(one: list[Result], two: list[Result], plan: Plan) -> list[Figure]:
    size = f"{2 * plan.per_driver:,} subscribers"
    lost = sum(result["lost"] for result in (*one, *two))
    return [
        _figure(
            f"two workers on two cores over one on one, fan-out to {size}",
            one,
            two,
            "deliveries_per_s",
            "server_us_each",
            f"; {lost:,.0f} lost or out of order",
        ),
        _figure(
            f"two workers on two cores over one on one, round trips, {2 * plan.players} clients",
            one,
            two,
            "round_trips_per_s",
            "server_us_a_call",
        ),
    ]


def _figure(title: str, one: list[Result], two: list[Result], key: str, cpu: str, more: str = "") -> Figure:
    def middle(results: list[Result], of: str) -> float:
        return median(result[of] for result in results)

    return Figure(
        title,
        ours=[double[key] / single[key] for single, double in zip(one, two, strict=True)],
        target=AT_LEAST,
        note=f"{middle(one, key):,.0f}/s and {middle(two, key):,.0f}/s, {middle(one, cpu):.3g} and "
        f"{middle(two, cpu):.3g} us of the workers' CPU each; drivers and Redis run on the same cores{more}",
    )
