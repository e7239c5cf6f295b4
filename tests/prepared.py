"""The data folder of a site as its first start leaves it, made once in a run: a copy takes a tenth of that.

Nobody but a test of a first start waits for another one.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests import preloaded, temporary

_OWNER = os.getpid()
_FOLDER = temporary.folder("rumbl-prepared-")
"""Of all workers of this run, which are forked later."""


def fill(data: Path) -> None:
    """Put a database that is up to date into a data folder, with the seeds of a site."""
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_FOLDER / "done").exists():
            _make()
    subprocess.run(["cp", "-a", "--", _FOLDER / "postgres", data], check=True)


def _make() -> None:
    unset = {"DATABASE_URL", "RUMBL_CONFIG", "RUMBL_ENV"}
    environ = {name: value for name, value in os.environ.items() if name not in unset}
    made = preloaded.run(
        ["--config", "tests.site_config", "reset", "--yes"],
        {**environ, "RUMBL_DATA": str(_FOLDER)},
        module="rumbl_core.cli",
    )
    assert made.returncode == 0, made.stderr
    (_FOLDER / "done").touch()


@atexit.register
def _remove() -> None:
    if os.getpid() == _OWNER:
        shutil.rmtree(_FOLDER, ignore_errors=True)
