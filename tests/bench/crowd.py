"""The real site under a crowd: memory and joins of VideoChannel, a note that reaches them all, a storm."""

from __future__ import annotations

import resource
from pathlib import Path
from statistics import median

from tests.bench import figures, http_load, load
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.rounds import Say, remarks
from tests.bench.servers import catalog, site
from tests.bench.servers.process import Running, Spec, started

NOTES = 20
FEW_NOTES = 5
WARM_UP = 300
"""Clients that come and go first, so that what is loaded once is not counted as theirs, nor the pages that a
worker's first whole garbage collection unshares from its parent."""
SPARE_FILES = 200
"""Of a process's limit: what a server holds besides its connections."""
STORM_LIMIT_S = 30
STAYING = 50
"""Clients that a storm leaves alone."""

KIB_AT_MOST = Target(4, at_least=False)
CROWD_OF_TARGET = 10_000
BACK_WITHIN_S = Target(10, at_least=False)
HTTP_MS_AT_MOST = Target(1_000, at_least=False)
EVERYONE = Target(1)


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Join the crowd to one video, post notes to it; a new server and a new video for every run.

    The naive server takes the same crowd into a room of its own, without a database.
    """
    lines: list[Line] = []
    say(f"preparing a database with {plan.crowd:,} users")
    with site.database(folder / "data", users=plan.crowd, videos=plan.runs) as data:
        for run, video_id in enumerate(data.video_ids, 1):
            for spec in _able([site.spec(data, video_id), catalog.naive(threads=plan.threads)], plan):
                say(f"a crowd of {plan.crowd:,}, run {run} of {plan.runs}: {spec.name}")
                with started(spec, core, folder) as server:
                    lines += _one(server, plan)
        held = _hold(data, core, folder, plan, say)
    return [*_figures(lines, plan), *_held_figures(held)], [*lines, *held]


def storm(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Cut a crowd off at once and see it come back, while others visit a page of the same site."""
    storms: list[Line] = []
    visits: list[Line] = []
    clients = plan.storm + STAYING
    say(f"preparing a database with {clients:,} users")
    with site.database(folder / "storm", users=clients, videos=plan.runs) as data:
        for run, video_id in enumerate(data.video_ids, 1):
            say(f"a storm of {plan.storm:,}, run {run} of {plan.runs}")
            phases = [f"storm:{plan.storm}:{STORM_LIMIT_S}", f"fanout:1:{FEW_NOTES}"]
            with started(site.spec(data, video_id), core, folder) as server:
                driver = load.Driver(server, clients, ["gate", *phases], {"patience": 20.0})
                driver.line()
                with http_load.beside(server, "visit", "/") as report:
                    driver.open_gate()
                    storms.append(driver.line())
                    visits.append(report())
                storms += driver.rest()
    return _storm_figures(storms, visits, plan), storms


def _able(specs: list[Spec], plan: Plan) -> list[Spec]:
    return [spec for spec in specs if plan.crowd <= spec.most_clients]


def _one(server: Running, plan: Plan) -> list[Line]:
    load.play(server, WARM_UP, [], settle=0.2)
    phases = [f"fanout:1:{NOTES}", "memory"]
    return load.play(server, plan.crowd, phases, settle=2.0, patience=20.0, limit=20.0)


def _hold(data: site.Data, core: int, folder: Path, plan: Plan, say: Say) -> list[Line]:
    """As many as one process may have files, once."""
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_FILES
    clients = min(plan.held, room)
    say(f"{clients:,} connections in one process")
    with started(site.spec(data, data.video_ids[0]), core, folder) as server:
        load.play(server, WARM_UP, [], settle=0.2)
        lines = load.play(
            server, clients, [f"fanout:1:{FEW_NOTES}", "memory"], patience=20.0, limit=30.0, opening=100
        )
    return [{**line, "held": True} for line in lines]


def _figures(lines: list[Line], plan: Plan) -> list[Figure]:
    ours = [line for line in lines if line["label"] == site.NAME]
    naive = [line for line in lines if line["label"] != site.NAME]
    size = f"{plan.crowd:,} in VideoChannel"
    return [
        Figure(
            f"KiB of server memory per idle connection, {size}",
            ours=_each(ours, "join", "kib_per_client"),
            naive=_each(naive, "join", "kib_per_client"),
            phoenix=figures.MEMORY_KIB,
            target=KIB_AT_MOST if plan.crowd >= CROWD_OF_TARGET else None,
            note=_memory_note(ours, plan),
        ),
        Figure(
            f"the same after {NOTES} notes to all of them",
            ours=_each(ours, "memory", "kib_per_client"),
            naive=_each(naive, "memory", "kib_per_client"),
        ),
        Figure(f"share of notes that reached everyone, {size}", ours=_reached(ours), target=EVERYONE),
        Figure(f"joins/s with database and presence, {size}", ours=_each(ours, "join", "joins_per_s")),
        Figure(
            f"notes posted one after the other, deliveries/s, {size}",
            ours=_each(ours, "fanout", "deliveries_per_s"),
            note=remarks(ours),
        ),
    ]


def _held_figures(lines: list[Line]) -> list[Figure]:
    clients = lines[0]["clients"]
    return [
        Figure(
            f"share of {clients:,} connections in one process that got every note",
            ours=_reached(lines),
            target=EVERYONE,
            note=f"one run; {_each(lines, 'memory', 'kib_per_client')[0]:.3g} KiB of server memory each",
        )
    ]


def _storm_figures(lines: list[Line], visits: list[Line], plan: Plan) -> list[Figure]:
    storms = [line for line in lines if line["phase"] == "storm"]
    lost = sum(line["missing"] + line["lost"] for line in storms)
    refused, failed = sum(line["refused"] for line in storms), sum(visit["failed"] for visit in visits)
    return [
        Figure(
            f"seconds until {plan.storm:,} that were cut off are all joined again, VideoChannel",
            ours=[line["seconds"] if not line["missing"] else float("inf") for line in storms],
            target=BACK_WITHIN_S,
            note=f"{refused} tries refused, {lost} clients lost in all runs",
        ),
        Figure(
            "p99 of a page meanwhile, ms",
            ours=[visit["p99_ms"] for visit in visits],
            target=HTTP_MS_AT_MOST,
            note=f"{median([visit['requests'] for visit in visits]):,.0f} visits a run, {failed} failed",
        ),
    ]


def _each(lines: list[Line], phase: str, key: str) -> list[float]:
    return [line[key] for line in lines if line["phase"] == phase]


def _reached(lines: list[Line]) -> list[float]:
    """Deliveries over what they should be: to everyone who was to join, not only to those who could."""
    notes = [line for line in lines if line["phase"] == "fanout"]
    joins = [line for line in lines if line["phase"] == "join"]
    return [
        note["deliveries"] / (max(note["broadcasts"], 1) * join["clients"])
        for note, join in zip(notes, joins, strict=True)
    ]


def _memory_note(lines: list[Line], plan: Plan) -> str:
    kernel = median(_each(lines, "join", "slab_kib_per_client"))
    said = f"the kernel's {kernel:.0f} KiB for both ends of a connection come on top"
    if plan.crowd < CROWD_OF_TARGET:
        said += f"; what a crowd costs once weighs more than in {CROWD_OF_TARGET:,}, for which the target is"
    return said
