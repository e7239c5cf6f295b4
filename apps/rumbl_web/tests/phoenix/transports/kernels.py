"""Kernels whose io_uring behaves otherwise than the one that runs the tests."""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from rumbl_web.phoenix.transports import uring

Call = Callable[..., int]


def open_rings() -> int:
    """Count the descriptors of this process that are io_urings; others come and go with other threads."""
    targets = []
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            targets.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return targets.count("anon_inode:[io_uring]")


def failing(after: int) -> Call:
    """Take half of a batch once `after` calls were served, and then nothing more."""
    real, calls = uring._call, 0

    def call(number: int, *arguments: Any, **options: Any) -> int:
        nonlocal calls
        if number != uring._ENTER:
            return real(number, *arguments, **options)
        calls += 1
        if calls <= after:
            return real(number, *arguments, **options)
        if calls > after + 1:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        fd, left, _, *rest = arguments
        return real(number, fd, left // 2, left // 2, *rest, **options)

    return call


def failures_first(rings: list[Any]) -> Call:
    """Report what failed before what went well, as kernels before 6.2 do. `rings` are those in use."""
    real = uring._call

    def call(number: int, *arguments: Any, **options: Any) -> int:
        taken = real(number, *arguments, **options)
        if number == uring._ENTER:
            _reorder(next(ring for ring in rings if ring.fd == arguments[0]))
        return taken

    return call


def _reorder(ring: Any) -> None:
    results = range(ring._words[ring._result_head], ring._words[ring._result_tail])
    places = [slice(4 * at, 4 * at + 4) for at in (number & ring._result_mask for number in results)]
    ordered = sorted((ring._results[place].tolist() for place in places), key=lambda one: bool(one[2] >= 0))
    for place, one in zip(places, ordered, strict=True):
        ring._results[place] = memoryview(array("i", one))
