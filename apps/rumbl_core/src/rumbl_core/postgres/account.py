"""The system account that the embedded PostgreSQL runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

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

    @property
    def name(self) -> str:
        """The account's name, for messages."""
        uid = os.geteuid() if self.uid is None else self.uid
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def can_pass(self, folder: Path) -> bool:
        """Whether the modes let this account through a folder, without asking for lists of groups."""
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        return bool(found.st_mode & (stat.S_IXGRP if found.st_gid == self.gid else stat.S_IXOTH))

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


def first_closed(path: Path, account: Account) -> Path | None:
    """The outermost folder above `path` that the account can't pass, or None. Only root has to ask.

    Root's own folders are opened first, for passing only, and each with a warning: whoever clones rumbl as
    root clones it into such a folder, and it has to start there. Nobody else's folder is ever touched.
    """
    ways = (path.absolute(), path.resolve())
    for folder in dict.fromkeys(folder for way in ways for folder in reversed(way.parents)):
        if not account.can_pass(folder) and not _open(folder, account):
            return folder
    return None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; other accounts may pass through (not list) what root makes."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for path in missing:
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IXOTH)


def _open(folder: Path, account: Account) -> bool:
    found = folder.stat()
    if found.st_uid != os.geteuid():
        return False
    _log.warning(
        "Lets %s pass through %s (its mode was %o), for PostgreSQL",
        account.name,
        folder,
        found.st_mode & 0o7777,
    )
    folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
    return account.can_pass(folder)


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
