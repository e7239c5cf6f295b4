"""`make audit`: whether any version that config/constraints.txt pins has a known vulnerability.

Asks the OSV database through `uv audit`, or another one that is given as the first argument. Ends with 1 and
names the package, the advisory and the version that mends it; with 2 if the database can't be asked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "config" / "constraints.txt"

PROJECT = """[project]
name = "rumbl-pins"
version = "0"
requires-python = ">=3.11"
"""
LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "rumbl-pins"
version = "0"
source = {{ virtual = "." }}
dependencies = [{names}]
"""
PACKAGE = """
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "pins" }}
"""


def main(arguments: list[str]) -> int:
    """Audit all pins. Returns the exit code."""
    with TemporaryDirectory(prefix="rumbl-audit-") as folder:
        (Path(folder) / "pyproject.toml").write_text(PROJECT)
        (Path(folder) / "uv.lock").write_text(lock(pins(PINS.read_text())))
        command = [sys.executable, "-m", "uv", "audit", "--frozen", "--preview-features", "audit-command"]
        command += [f"--service-url={url}" for url in arguments[:1]]
        return subprocess.run(command, cwd=folder, check=False).returncode


def pins(text: str) -> dict[str, str]:
    """The versions by normalized name. Raises ValueError for a line that pins nothing."""
    found = {}
    for line in text.splitlines():
        pin = line.partition("#")[0].partition(";")[0].strip()
        if not pin:
            continue
        name, equals, version = pin.partition("==")
        if not equals:
            raise ValueError(f"{PINS.name}: {pin!r} is no pinned version")
        found[re.sub(r"[-_.]+", "-", name.strip()).lower()] = version.strip()
    return found


def lock(versions: dict[str, str]) -> str:
    """A lock file of these versions, for uv: without it, it would look for them in a package index first."""
    names = ", ".join(f'{{ name = "{name}" }}' for name in versions)
    return LOCK.format(names=names) + "".join(
        PACKAGE.format(name=name, version=version) for name, version in versions.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
