"""Which core a server process gets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rumbl_web import cores


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [([], 2), ([2], 3), ([2, 3], 5), ([2, 3, 5], 2), ([2, 5], 3), ([3, 3, 5], 2), ([9, 9], 2)],
)
def test_the_core_that_is_taken_least(taken: list[int], chosen: int) -> None:
    assert cores.choose([2, 3, 5], taken) == chosen


def test_a_process_keeps_to_its_core() -> None:
    core = max(os.sched_getaffinity(0))
    code = f"import os; from rumbl_web import cores; cores.keep_to({core}); print(*cores.usable())"

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.split() == [str(core)]
