"""What questions cost beside the sources' own time, which are loopback servers. Prints one JSON line.

cold: a question that nobody knows yet, to 8 sources that take 10 to 80 ms; what it takes beyond the slowest.
equal: 1,000 equal questions at once; how many requests each source gets.
dead: 200 questions to a source whose breaker is open; what each takes, which is the most that it can add.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from info_sys import Backend, application, compute
from info_sys.backends.wolfram import Wolfram
from info_sys.breaker import FAILURES
from info_sys.settings import load
from info_sys.testing import FaultServer, loopback_client

DELAYS_MS = range(10, 90, 10)
EQUAL = 1_000
DEAD = 200
COLD = 5


def source(number: int, server: FaultServer, fault: str = "slow") -> Wolfram:
    """Wolfram Alpha under another name, so that it has a breaker and a place in the cache of its own."""
    kind = type(f"Source{number}", (Wolfram,), {"name": f"source_{number}"})
    made: Wolfram = kind("bench", loopback_client(), server.url(fault))
    return made


def seconds_of(query: str, backends: Sequence[Backend]) -> float:
    """One question."""
    begin = time.perf_counter()
    compute(query, backends=backends)
    return time.perf_counter() - begin


def cold_ms(sources: Sequence[Backend]) -> float:
    """Median ms beyond the slowest source."""
    taken = [seconds_of(f"{n} + 1?", sources) * 1000 for n in range(COLD)]
    return statistics.median(taken) - max(DELAYS_MS)


def requests_each(sources: Sequence[Backend], servers: Sequence[FaultServer]) -> int:
    """The most requests that one source got for `EQUAL` equal questions at once."""
    before = [len(server.requests) for server in servers]
    gate = threading.Barrier(EQUAL)

    def ask() -> None:
        gate.wait(60)
        compute("equal + 1?", backends=sources, timeout_ms=30_000)

    threads = [threading.Thread(target=ask) for _ in range(EQUAL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(len(server.requests) - old for server, old in zip(servers, before, strict=True))


def dead_ms(dead: Backend, server: FaultServer) -> float:
    """Median ms that a question to a dead source takes once it rests; it is not cached, each is another."""
    for n in range(FAILURES):
        compute(f"{n} + 2?", backends=[dead])
    asked = len(server.requests)
    taken = [seconds_of(f"{n} + 3?", [dead]) * 1000 for n in range(DEAD)]
    assert len(server.requests) == asked, "it was asked although it rests"
    return statistics.median(taken)


def measure() -> dict[str, float]:
    """All three."""
    app = application.start(load({"backends": ("calculator",)}))
    with ExitStack() as stack:
        servers = [stack.enter_context(FaultServer(delay / 1000)) for delay in DELAYS_MS]
        sources = [source(n, server) for n, server in enumerate(servers)]
        broken = stack.enter_context(FaultServer())
        found = {
            "cold_over_slowest_ms": round(cold_ms(sources), 2),
            "requests_each": requests_each(sources, servers),
            "dead_ms": round(dead_ms(source(99, broken, "error"), broken), 4),
        }
    app.stop()
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
