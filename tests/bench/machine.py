"""Where and with what the bench ran, and which core runs what."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.bench import build

PACKAGES = ("rumbl-web", "Flask", "flask-sock", "simple-websocket", "gunicorn", "orjson")
PEER_PACKAGES = ("gevent", "Flask-SocketIO", "starlette", "uvicorn", "websockets")


def cores() -> tuple[int, int]:
    """The core of the servers and the core of the driver: the same one twice on a machine with one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 if len(allowed) > 1 else 0]


def describe() -> dict[str, Any]:
    """Machine and versions, as the report prints them."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": _commit(),
        "versions": {name: _version(name) for name in PACKAGES}
        | {name: _peer_version(name) for name in PEER_PACKAGES},
    }


def busy_share() -> float:
    """Load of the last minute for each core: well above 0 before the bench, the figures will be too low."""
    return os.getloadavg()[0] / len(os.sched_getaffinity(0))


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=build.HERE, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _peer_version(name: str) -> str:
    found = metadata.distributions(name=name, path=[str(build.PEER_PACKAGES)])
    return next((distribution.version for distribution in found), "none")
