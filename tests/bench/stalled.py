"""What one client that never reads does to the others, and whether it is closed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench import load
from tests.bench.figures import Figure, Target
from tests.bench.load import Line
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import catalog
from tests.bench.servers.process import Running, started

OTHERS = 100
BODY = 4_000  # bytes
PATIENCE_S = 3.0
NOT_SLOWED = 0.8
"""Share of the rate without a stalled reader that counts as "slows nobody": the rest is noise."""


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Rate of the others with a stalled reader over their rate without, per server; was it closed?"""
    shares: dict[str, list[float]] = {}
    closed: dict[str, list[float]] = {}
    lines: list[Line] = []
    specs = (catalog.bench_channel(), catalog.naive(threads=plan.threads))
    with ExitStack() as stack:
        servers = [stack.enter_context(started(spec, core, folder)) for spec in specs]
        for run, server in ((run, server) for run in range(1, plan.runs + 1) for server in servers):
            say(f"a stalled reader among {OTHERS}, run {run} of {plan.runs}: {server.spec.name}")
            played, share, ended = _one(server, plan)
            shares.setdefault(server.spec.name, []).append(share)
            closed.setdefault(server.spec.name, []).append(ended)
            lines += played
    return [*_figures(shares, closed)], lines


def _one(server: Running, plan: Plan) -> tuple[list[Line], float, float]:
    phase = f"fanout:8:{plan.stall_broadcasts}"
    limits = {"pad": BODY, "patience": PATIENCE_S, "limit": 30.0}
    without = load.play(server, OTHERS, [phase], **limits)
    beside = load.play(server, OTHERS + 1, [phase, "stalled"], stall=1, **limits)
    rate, slowed, end = without[1], beside[1], beside[2]
    # A room that froze never completes; how fast it was until then is no rate.
    went_on = slowed["complete"] == slowed["broadcasts"] == plan.stall_broadcasts
    share = slowed["deliveries_per_s"] / rate["deliveries_per_s"] if went_on else 0.0
    return [*without, *beside], share, float(end["closed"])


def _figures(shares: dict[str, list[float]], closed: dict[str, list[float]]) -> list[Figure]:
    naive = next((name for name in shares if name.startswith("naive")), None)
    frozen = f"naive: {median(shares[naive]):.0%}" if naive else ""
    return [
        Figure(
            "rate beside a stalled reader, share of the rate without",
            ours=shares[catalog.RUMBL],
            target=Target(NOT_SLOWED),
            note=frozen + (" (0% is a frozen room)" if naive and not median(shares[naive]) else ""),
        ),
        Figure("stalled reader closed (1 is yes)", ours=closed[catalog.RUMBL], target=Target(1)),
    ]
