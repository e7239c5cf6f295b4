"""The real site under a crowd: memory and joins of VideoChannel, and a note that reaches them all."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench import figures, load
from tests.bench.fanout import Say, remarks
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.servers import catalog, site
from tests.bench.servers.process import Running, Spec, started

NOTES = 20
WARM_UP = 50
"""Clients that come and go first, so that what is loaded once is not counted as theirs."""

KIB_AT_MOST = Target(8, at_least=False)
CROWD_OF_TARGET = 10_000


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
    return _figures(lines, plan), lines


def _able(specs: list[Spec], plan: Plan) -> list[Spec]:
    return [spec for spec in specs if plan.crowd <= spec.most_clients]


def _one(server: Running, plan: Plan) -> list[Line]:
    load.play(server, WARM_UP, [], settle=0.2)
    phases = [f"fanout:1:{NOTES}", "memory"]
    return load.play(server, plan.crowd, phases, patience=20.0, limit=20.0)


def _figures(lines: list[Line], plan: Plan) -> list[Figure]:
    ours = [line for line in lines if line["label"] == site.NAME]
    naive = [line for line in lines if line["label"] != site.NAME]
    size = f"{plan.crowd:,} in VideoChannel"
    return [
        Figure(
            f"KiB of server memory per connection, {size}",
            ours=_each(ours, "memory", "kib_per_client"),
            naive=_each(naive, "memory", "kib_per_client"),
            phoenix=figures.MEMORY_KIB,
            target=KIB_AT_MOST if plan.crowd >= CROWD_OF_TARGET else None,
            note=_memory_note(ours, plan),
        ),
        Figure(f"share of notes that reached everyone, {size}", ours=_reached(ours), target=Target(1)),
        Figure(f"joins/s with database and presence, {size}", ours=_each(ours, "join", "joins_per_s")),
        Figure(
            f"notes posted one after the other, deliveries/s, {size}",
            ours=_each(ours, "fanout", "deliveries_per_s"),
            note=remarks(ours),
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
    kernel = median(_each(lines, "memory", "slab_kib_per_client"))
    said = f"the kernel's {kernel:.0f} KiB for both ends of a connection come on top"
    if plan.crowd < CROWD_OF_TARGET:
        said += f"; what a crowd costs once weighs more than in {CROWD_OF_TARGET:,}, for which the target is"
    return said
