"""phx_ref."""

from __future__ import annotations

import re
import threading
import time
from itertools import count

import pytest

from rumbl_web.phoenix.tracker.refs import ref_maker


def test_a_ref_is_16_url_safe_characters() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", ref_maker("node")())


def test_refs_differ_between_threads_and_nodes() -> None:
    made: list[str] = []
    makers = [ref_maker("one"), ref_maker("two")]

    def make() -> None:
        made.extend(maker() for _ in range(2000) for maker in makers)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == len(made) == 16_000


def test_refs_differ_while_the_wall_clock_jumps_back_and_forth(monkeypatch: pytest.MonkeyPatch) -> None:
    hours, now_ns = count(), time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + (next(hours) % 3 - 1) * 3_600_000_000_000)
    make = ref_maker("node")

    assert len({make() for _ in range(100_000)}) == 100_000
