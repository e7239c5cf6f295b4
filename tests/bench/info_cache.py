"""A cached against an uncached `info_sys.compute`, Wolfram being a loopback server. Prints one JSON line.

`ratio` takes the service as answering at once, which is as unkind to the cache as can be. The other ratio has
a service of `SERVICE_MS`; the book measured 1.1 to 1.3 s for the real one, and 47 to 53 microseconds cached.
"""

from __future__ import annotations

import json
import statistics
import time

from info_sys import application, compute
from info_sys.backends.wolfram import Wolfram
from info_sys.settings import load
from info_sys.testing import FaultServer, loopback_client

SERVICE_MS = 50
UNCACHED_RUNS = 30
CACHED_RUNS = 5000


def seconds_of(query: str, backend: Wolfram) -> float:
    """One compute."""
    begin = time.perf_counter()
    results = compute(query, backends=[backend])
    seconds = time.perf_counter() - begin
    assert results[0].text == "2", results
    return seconds


def measure() -> dict[str, float]:
    """Medians in microseconds, and their ratio."""
    app = application.start(load())
    with FaultServer(slow_s=SERVICE_MS / 1000) as server:
        quick = Wolfram("bench", loopback_client(), server.url("ok"))
        bare = statistics.median(seconds_of(f"{n} + 1?", quick) for n in range(UNCACHED_RUNS))
        slow = Wolfram("bench", loopback_client(), server.url("slow"))
        uncached = statistics.median(seconds_of(f"{n} + 2?", slow) for n in range(UNCACHED_RUNS))
        cached = statistics.median(seconds_of("1 + 2?", slow) for _ in range(CACHED_RUNS))
    app.stop()
    return {
        "uncached_us": round(bare * 1e6, 1),
        "cached_us": round(cached * 1e6, 2),
        "ratio": round(bare / cached),
        "service_ms": SERVICE_MS,
        "uncached_with_service_us": round(uncached * 1e6, 1),
        "ratio_with_service": round(uncached / cached),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
