"""Folders of test runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import temporary
from tests.project import ROOT

PREFIX = f"rumbl-temporary-{os.getpid()}-"


def test_what_ended_runs_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    made = [sys.executable, "-c", f"from tests import temporary; print(temporary.folder({PREFIX!r}))"]
    left = Path(subprocess.run(made, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip())
    assert left.is_dir()

    mine, other = temporary.folder(PREFIX), temporary.folder(PREFIX)

    assert not left.exists()
    assert mine.is_dir()
    assert other.is_dir()
    assert mine != other
    for folder in (mine, other):
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as somebody else")
def test_a_run_that_begins_closes_no_folder_to_those_under_way(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(tmp_path):\n    print(tmp_path)\n")
    above = [folder for folder in tmp_path.parents if folder.stat().st_mode & 0o7777 == 0o700]
    for folder in above:
        folder.chmod(0o711)
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-c", ROOT / "pyproject.toml", tmp_path / "test_it.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert [folder.stat().st_mode & 0o7777 for folder in above] == [0o711] * len(above)
    assert str(above[-1]) not in told
