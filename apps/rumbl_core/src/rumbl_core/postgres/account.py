"""The system account that the embedded PostgreSQL runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SERVER_USER = "rumbl-postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server; None means ourselves."""

    uid: int | None = None
    gid: int | None = None

    def popen_args(self) -> dict[str, object]:
        """Arguments of subprocess.run that change to this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make `path` this account's own, closed to everybody else."""
        path.chmod(stat.S_IRWXU)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose(data: Path) -> Account:
    """The account for the data folder: ourselves, unless we are root.

    For root it is the owner of a folder that is there already, else a system user of its own, else (no
    `useradd` on this machine) postgres or nobody.
    """
    if os.geteuid() != 0:
        return Account()
    if (data / "PG_VERSION").exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = _entry(_SERVER_USER) or _create(_SERVER_USER) or _entry("postgres") or pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def open_way_to(path: Path) -> None:
    """Let other accounts pass through (not list) every folder above `path`. Only root ever needs this."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd")
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, check=False, capture_output=True, timeout=30)  # noqa: S603 - fixed words
    return _entry(name)
