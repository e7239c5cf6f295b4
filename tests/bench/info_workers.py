"""Questions a second through Celery with one and with two processes, over a Redis here. Prints one JSON line.

All questions wait when the worker starts; the clock runs from the first answer to the last. Sums show the
way of a question and little else; questions to a source that takes `SOURCE_MS`, what more processes are for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from info_sys import testing_redis
from info_sys.letters import Letter
from info_sys.remote import Remote

QUESTIONS = 200
SOURCE_MS = 20
DEADLINE_S = 50

SOURCE = f"""
import time
from info_sys import Backend, Result

class Slow(Backend):
    name = title = "slow"

    def compute(self, query, opts):
        time.sleep({SOURCE_MS / 1000})
        return [Result(50, "at last", self)]
"""


def install(folder: Path) -> None:
    """Put the slow source where a worker finds it, as an installer would."""
    folder.joinpath("slow_source.py").write_text(SOURCE)
    about = folder / "slow_source-1.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: slow_source\nVersion: 1\n")
    about.joinpath("entry_points.txt").write_text("[info_sys.backends]\nslow = slow_source:Slow\n")


def rate(url: str, processes: int, backend: str, folder: Path) -> float:
    """Answers a second of one worker with so many processes."""
    reply_to = f"bench-{backend}-{processes}"
    remote = Remote(url, reply_to)
    answered: dict[str, float] = {}
    done = threading.Event()

    def keep(letter: Letter) -> None:
        assert letter.found, "a question without an answer"
        answered.setdefault(letter.reference, time.perf_counter())
        if len(answered) == QUESTIONS:
            done.set()

    for number in range(QUESTIONS):
        remote.submit(f"{number} + {processes}", f"note {number}")
    box = remote.letterbox("bench", keep)
    box.start()
    environ = {
        **os.environ,
        "INFO_SYS_REDIS_URL": url,
        "INFO_SYS_BACKENDS": backend,
        "PYTHONPATH": str(folder),
    }
    command = [sys.executable, "-m", "info_sys.cli", "worker", f"--processes={processes}"]
    worker = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert done.wait(DEADLINE_S), f"{len(answered)} of {QUESTIONS} answered"
    finally:
        worker.terminate()
        worker.wait(20)
        box.stop()
    return (QUESTIONS - 1) / (max(answered.values()) - min(answered.values()))


def measure() -> dict[str, float]:
    """Both sources, each with one and with two processes."""
    with testing_redis.running() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(folder)
        found: dict[str, float] = {"source_ms": SOURCE_MS}
        for backend in ("calculator", "slow"):
            for processes in (1, 2):
                found[f"{backend}_{processes}"] = round(rate(server.url, processes, backend, folder), 1)
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
