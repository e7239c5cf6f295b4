"""Steps that are done once: each remembers a digest of what it was made from and is redone when that changes.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """A step that can't be done, with one line that says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to set up: the files it is made from, what must exist afterwards, how it is made."""

    says: str
    sources: Callable[[], list[Path]]
    makes: Path
    make: Callable[[], None]
    stamp: Path
    after: tuple[str, ...] = ()

    def digest(self) -> str:
        """What the step would be made from now: its files, the place of the clone, this Python."""
        seal = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
        for path in self.sources():
            seal.update(str(path.relative_to(ROOT)).encode())
            seal.update(path.read_bytes())
        return seal.hexdigest()

    def is_done(self) -> bool:
        """Whether it was made from exactly this and is still there."""
        return self.makes.exists() and self.stamp.is_file() and self.stamp.read_text() == self.digest()


def bring_about(name: str, steps: Mapping[str, Step]) -> None:
    """Do what the step needs first, then the step itself if it isn't done.

    The stamp is written last, and says what there was to make from at the beginning: what changed meanwhile
    is made the next time.
    """
    step = steps[name]
    for earlier in step.after:
        bring_about(earlier, steps)
    if step.is_done():
        return
    print(f"==> {step.says}", flush=True)
    started = time.monotonic()
    step.stamp.unlink(missing_ok=True)
    digest = step.digest()
    step.make()
    step.stamp.write_text(digest)
    print(f"    done in {time.monotonic() - started:.0f} s", flush=True)


def run(*command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, failed: str) -> None:
    """Run a command with its output shown. Raises SetupError(`failed`) when it doesn't end well."""
    if subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SetupError(failed)


@contextmanager
def only_one_at_a_time(lock_file: Path) -> Iterator[None]:
    """Hold the lock; say so when that means to wait. The lock ends with the process, however that ends."""
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("==> Waiting: another make is setting up this clone", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
