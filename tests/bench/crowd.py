"""The real site under a crowd: memory and joins of VideoChannel, and a note that reaches them all."""

from __future__ import annotations

from pathlib import Path

from tests.bench import figures, load
from tests.bench.fanout import Say, remarks
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.servers import site
from tests.bench.servers.process import Running, started

NOTES = 20
WARM_UP = 50
"""Clients that come and go first, so that what is loaded once is not counted as theirs."""


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Join the crowd to one video, post notes to it; a new server and a new video for every run."""
    lines: list[Line] = []
    say(f"preparing a database with {plan.crowd:,} users")
    with site.database(folder / "data", users=plan.crowd, videos=plan.runs) as data:
        for run, video_id in enumerate(data.video_ids, 1):
            say(f"{plan.crowd:,} clients in VideoChannel, run {run} of {plan.runs}")
            with started(site.spec(data, video_id), core, folder) as server:
                lines += _one(server, plan)
    return _figures(lines, plan), lines


def _one(server: Running, plan: Plan) -> list[Line]:
    load.play(server, WARM_UP, [], settle=0.2)
    phases = [f"fanout:1:{NOTES}", "memory"]
    return load.play(server, plan.crowd, phases, patience=20.0, limit=20.0)


def _figures(lines: list[Line], plan: Plan) -> list[Figure]:
    def each(phase: str, key: str) -> list[float]:
        return [line[key] for line in lines if line["phase"] == phase]

    reached = [
        1 - line["missing"] / (line["subscribers"] * NOTES) for line in lines if line["phase"] == "fanout"
    ]
    size = f"{plan.crowd:,} in VideoChannel"
    return [
        Figure(
            f"KiB of server memory per connection, {size}",
            ours=each("memory", "kib_per_client"),
            phoenix=figures.MEMORY_KIB,
            target=Target(8, at_least=False),
            note=f"Phoenix {figures.MEMORY_KIB.value:g}, naive {figures.MEMORY_KIB.naive:g} elsewhere; "
            f"the kernel's {max(each('memory', 'slab_kib_per_client')):.0f} KiB for both ends come on top",
        ),
        Figure(f"share of notes that reached everyone, {size}", ours=reached, target=Target(1)),
        Figure(f"joins/s with database and presence, {size}", ours=each("join", "joins_per_s")),
        Figure(
            f"notes posted one after the other, deliveries/s, {size}",
            ours=each("fanout", "deliveries_per_s"),
            note=remarks(lines),
        ),
    ]
