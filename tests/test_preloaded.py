"""What is forked from a process that has loaded all ends as if it had been started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import preloaded


@pytest.mark.parametrize("how", ["returns", "0", "3", "words", "crashes"])
def test_nothing_of_how_a_process_ends_is_lost(how: str) -> None:
    command = [sys.executable, "-m", "tests.endings", how]
    begun = subprocess.run(command, cwd=preloaded.PROJECT, capture_output=True, text=True, check=False)

    forked = preloaded.run([how], os.environ, module="tests.endings")

    assert (forked.returncode, forked.stdout) == (begun.returncode, begun.stdout)
    assert forked.stdout == "the thread\nthe very end\n"
    assert forked.stderr.splitlines()[-1:] == begun.stderr.splitlines()[-1:]
