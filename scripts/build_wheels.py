"""`make dist`: one wheel per app, built with the installed hatchling. Needs the built front end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(target: str) -> int:
    """Build the three wheels into the folder `target`. Returns the exit code."""
    folder = Path(target).resolve()
    for app in sorted((ROOT / "apps").glob("*/pyproject.toml")):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        built = subprocess.run(command, cwd=app.parent, capture_output=True, text=True, check=False)
        if built.returncode:
            print(f"rumbl: no wheel of {app.parent.name}: {last_line(built.stderr)}", file=sys.stderr)
            return 1
    for wheel in sorted(folder.glob("*.whl")):
        print(f"{wheel.stat().st_size / 1024:8.0f} KiB  {target}/{wheel.name}")
    return 0


def last_line(text: str) -> str:
    """The end of a traceback: what went wrong."""
    return (text.strip().splitlines() or ["hatchling said nothing"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
