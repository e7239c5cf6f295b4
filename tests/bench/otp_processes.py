"""How long 100,000 idle otp processes take to start, and what each costs. Prints one JSON line."""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path

from info_sys.otp import Process

COUNT = 100_000


def resident_bytes() -> int:
    """Memory of this Python process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(count: int = COUNT) -> dict[str, float]:
    """Start `count` processes, send each one message to see that it lives, stop them."""
    gc.collect()
    before = resident_bytes()
    begin = time.perf_counter()
    processes = [Process().start() for _ in range(count)]
    seconds = time.perf_counter() - begin
    each = (resident_bytes() - before) / count
    begin = time.perf_counter()
    for process in processes:
        process.send("are you there?")
    while any(process.turns == 0 for process in processes):
        time.sleep(0.001)
    answered = time.perf_counter() - begin
    for process in processes:
        process.exit()
    for process in processes:
        process.wait(10)
    return {
        "started": count,
        "seconds": round(seconds, 4),
        "bytes_each": round(each),
        "one_message_each_seconds": round(answered, 4),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
