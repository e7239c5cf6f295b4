"""What HTTP does to channels on the same worker: pages that keep Python busy, and people who log in."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench import http_load, load
from tests.bench.figures import Figure, Target
from tests.bench.load import Line, LoadError
from tests.bench.plan import Plan
from tests.bench.rounds import Say
from tests.bench.servers import catalog, site
from tests.bench.servers.process import Running, started

CLIENTS = 100
HEAVY_PATH = "/heavy/50"  # milliseconds of Python
HEAVY_THREADS = 4
NOTES_PER_S = 20

ROUND_TRIP_MS = Target(20, at_least=False)
BROADCAST_OF_IDLE = Target(2, at_least=False)


def measure(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Channel round trips beside heavy pages, on the bench channel; broadcasts beside logins, on the site."""
    found, lines = beside_pages(core, folder, plan, say)
    more, logins = beside_logins(core, folder, plan, say)
    return [*found, *more], [*lines, *logins]


def beside_pages(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Channel round trips without and with heavy pages on the same worker."""
    idle: list[Line] = []
    busy: list[Line] = []
    served: list[float] = []
    phases = [f"call:{plan.players}:{plan.seconds}"]
    with started(catalog.bench_channel(), core, folder) as server:
        for run in range(1, plan.runs + 1):
            say(f"round trips beside heavy pages, run {run} of {plan.runs}")
            idle += load.play(server, CLIENTS, phases)[1:]
            line, (pages, _refused) = _beside(
                server, CLIENTS, phases, "repeat", HEAVY_PATH, "--threads", str(HEAVY_THREADS)
            )
            busy.append(line)
            served.append(pages)
    beside = f"{HEAVY_THREADS} readers of pages that take 50 ms of Python"
    figures = [
        Figure(
            f"channel round trips, p99 in ms, {plan.players} clients beside {beside}",
            ours=_each(busy, "p99_ms"),
            target=ROUND_TRIP_MS,
            note=f"without them {median(_each(idle, 'p99_ms')):.3g} ms; longest beside them "
            f"{max(_each(busy, 'max_ms')):.3g} ms; {median(served):,.0f} pages meanwhile",
        ),
        Figure(
            "share of the round trips without them",
            ours=[
                one / other
                for one, other in zip(
                    _each(busy, "round_trips_per_s"), _each(idle, "round_trips_per_s"), strict=True
                )
            ],
        ),
    ]
    return figures, [*idle, *busy]


def beside_logins(core: int, folder: Path, plan: Plan, say: Say) -> tuple[list[Figure], list[Line]]:
    """Notes on the site without and with many who log in. Raises LoadError if nobody could."""
    quiet: list[Line] = []
    beside: list[Line] = []
    served: list[float] = []
    turned_away: list[float] = []
    phases = [f"rate:{NOTES_PER_S}:{2 * plan.seconds}"]
    say(f"preparing a database with {plan.readers} users")
    with (
        site.database(folder / "logins", users=plan.readers, videos=1, members=plan.logins) as data,
        started(site.spec(data, data.video_ids[0]), core, folder) as server,
    ):
        for run in range(1, plan.runs + 1):
            say(f"broadcasts beside {plan.logins} logins, run {run} of {plan.runs}")
            quiet += load.play(server, plan.readers, phases, settle=0.5)[1:]
            line, (logins, refused) = _beside(
                server, plan.readers, phases, "login", "--threads", str(plan.logins)
            )
            beside.append(line)
            served.append(logins)
            turned_away.append(refused)
    ratios = [one / other for one, other in zip(_each(beside, "p99_ms"), _each(quiet, "p99_ms"), strict=True)]
    figure = Figure(
        f"p99 of a note to {plan.readers}, beside {plan.logins} logins at a time over without, the site",
        ours=ratios,
        target=BROADCAST_OF_IDLE,
        note=f"{median(_each(beside, 'p99_ms')):.3g} ms beside {median(_each(quiet, 'p99_ms')):.3g} ms; "
        f"{median(served):,.0f} logins in a run, "
        f"{median(turned_away):,.0f} turned away; everything but the database shares one core",
    )
    return [figure], [*quiet, *beside]


def _beside(server: Running, clients: int, phases: list[str], *http: str) -> tuple[Line, tuple[float, float]]:
    """The one phase beside HTTP requests, which begin when all have joined; how many got an answer."""
    driver = load.Driver(server, clients, ["gate", *phases], {"settle": 0.5, "patience": 20.0})
    try:
        driver.line()
        with http_load.beside(server, *http) as report:
            driver.open_gate()
            line = driver.line()
            found = report()
        driver.rest()
    finally:
        driver.end()
    if found["requests"] == found["failed"]:
        raise LoadError(f"{server.spec.name}: no HTTP request was answered beside the sockets, see above")
    return line, (found["requests"] - found["failed"], found["failed"])


def _each(lines: list[Line], key: str) -> list[float]:
    return [line[key] for line in lines]
