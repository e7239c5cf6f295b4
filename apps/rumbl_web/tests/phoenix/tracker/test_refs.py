"""phx_ref."""

from __future__ import annotations

import re
import threading

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
