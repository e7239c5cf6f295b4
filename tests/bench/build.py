"""What the bench makes on the spot, in its folder build: two C programs, the packages of the peers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"
PEER_PACKAGES = BUILD / ".peer-packages"  # with a dot: linters of the project pass it by
REQUIREMENTS = HERE / "requirements.txt"

FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra")


class BuildError(Exception):
    """Something can't be made here; the message is one line that says what is missing."""


def driver() -> Path:
    """The load driver, compiled if its sources changed. Raises BuildError."""
    return _compiled("driver", sorted((HERE / "driver").glob("*.[ch]")))


def floor() -> Path:
    """The peer in C that does the least a server can do. Raises BuildError."""
    return _compiled("floor", [HERE / "peers" / "floor.c"])


def compiler() -> str | None:
    """The C compiler of this machine."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def _compiled(name: str, sources: list[Path]) -> Path:
    program = BUILD / name
    if program.exists() and program.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return program
    cc = compiler()
    if cc is None:
        raise BuildError("no C compiler: install gcc or clang (the load driver is compiled on the spot)")
    BUILD.mkdir(exist_ok=True)
    units = [str(source) for source in sources if source.suffix == ".c"]
    made = subprocess.run(
        [cc, *FLAGS, "-o", str(program), *units], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise BuildError(f"{cc} can't compile {name}:\n{made.stderr}")
    return program


def has_peer_packages() -> bool:
    """Whether what the peers need is installed already."""
    done = PEER_PACKAGES / REQUIREMENTS.name
    return done.exists() and done.read_text() == REQUIREMENTS.read_text()


def peer_packages() -> Path | None:
    """A folder with what the peers need, installed once; None when it can't be installed."""
    if has_peer_packages():
        return PEER_PACKAGES
    shutil.rmtree(PEER_PACKAGES, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    where = ["--target", str(PEER_PACKAGES), "-r", str(REQUIREMENTS)]
    if subprocess.run(pip + where, capture_output=True, check=False).returncode:
        return None
    shutil.copy(REQUIREMENTS, PEER_PACKAGES)
    return PEER_PACKAGES
