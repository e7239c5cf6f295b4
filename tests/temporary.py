"""Folders of one test run: of several runs at once each has its own, and what killed ones left is removed."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

_RUNS = "rumbl-tests-"


def folder(prefix: str) -> Path:
    """A new folder of this process under the system's temporary one; those of ended processes are removed."""
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{prefix}*"):
        owner = left.name.removeprefix(prefix).partition("-")[0]
        with suppress(FileNotFoundError):  # another run may remove it at the same time
            ours = owner.isdigit() and left.stat(follow_symlinks=False).st_uid == os.geteuid()
            if ours and not Path("/proc", owner).exists():
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=root))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """As root, give the run a folder of its own.

    PostgreSQL runs as another account then and has to pass the folders above its data. All runs of a user
    share one that pytest closes to others whenever a run begins: those under way would lose their databases.
    """
    if os.geteuid() == 0 and not config.option.basetemp:
        config.option.basetemp = str(folder(_RUNS) / "run")
