"""A process and its descendants, as the kernel lists them."""

from __future__ import annotations

import contextlib
from pathlib import Path

PROC = Path("/proc")


def pids(root: int) -> list[int]:
    """`root` and everything below it; empty when it is gone."""
    found = [root] if (PROC / str(root)).exists() else []
    for pid in found:
        found += _children(pid)  # a list may grow while it is walked: that walks the whole tree
    return found


def name(pid: int) -> str:
    """The name of the program, empty when it is gone."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return ""


def alive(pid: int) -> bool:
    """Whether it still runs; a zombie does not."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for children in (PROC / str(pid)).glob("task/*/children"):
        with contextlib.suppress(OSError):  # a thread may end meanwhile
            found += map(int, children.read_text().split())
    return found
