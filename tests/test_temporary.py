"""Folders of test runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
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
def test_a_run_that_begins_elsewhere_closes_no_folder_of_this_one(tmp_path: Path) -> None:
    root = Path(tempfile.gettempdir())
    above = [folder for folder in tmp_path.parents if folder.is_relative_to(root) and folder != root]
    before = [folder.stat().st_mode for folder in above]
    for folder in above:
        folder.chmod(0o711)
    (tmp_path / "test_it.py").write_text("def test_it(tmp_path):\n    pass\n")

    subprocess.run([sys.executable, "-m", "pytest", "-q", tmp_path / "test_it.py"], cwd=tmp_path, check=True)

    assert [folder.stat().st_mode & 0o777 for folder in above] == [0o711] * len(above)
    for folder, mode in zip(above, before, strict=True):
        folder.chmod(mode)
