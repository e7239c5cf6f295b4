"""The real thing: `rumbl-web serve` on a database of its own, with users who hold tokens."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import build
from tests.bench.servers.process import STOP_S, ServerError, Spec

SECRET = "a secret of the bench, which guards nothing but its own temporary folder"
PASSWORD = "the password of those who log in"
NAME = "rumbl site"
PROJECT = build.HERE.parents[1]


@dataclass(frozen=True)
class Data:
    """A prepared database and the upgrade paths of its users."""

    folder: Path
    video_ids: list[int]
    paths: Path
    url: str
    """DATABASE_URL of others who read it."""


def environ(folder: Path) -> dict[str, str]:
    """What the site is told in its environment."""
    told = {"RUMBL_DATA": str(folder), "SECRET_KEY_BASE": SECRET, "RUMBL_ENV": "dev", "HOST": "127.0.0.1"}
    return {**told, "SOCKETS_PER_USER": "100000"}  # a few members hold all connections


@contextmanager
def database(folder: Path, users: int, videos: int, *, members: int = 0, notes: int = 0) -> Iterator[Data]:
    """A database with `users`, `videos` and `notes` on each, made through rumbl's own contexts.

    The first `members` of the users can log in with PASSWORD. It runs until the block ends, and may use every
    core, as a database on a machine of its own would. Raises ServerError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers = map(str, (users, videos, members, notes))
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.servers.fixtures", *numbers],
        env={**os.environ, **environ(folder)},
        cwd=PROJECT,
        stdin=subprocess.PIPE,  # its end tells the holder that the bench is gone
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield _data(folder, holder)
    finally:
        holder.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            holder.wait(STOP_S)
        holder.kill()
        holder.communicate()


def _data(folder: Path, holder: subprocess.Popen[str]) -> Data:
    assert holder.stdout is not None
    line = holder.stdout.readline()
    if not line:
        raise ServerError("the database of the bench can't be made, see above")
    made = json.loads(line)
    paths = folder / "paths.txt"
    paths.write_text("".join(f"/socket/websocket?vsn=2.0.0&token={token}\n" for token in made["tokens"]))
    return Data(folder, made["video_ids"], paths, made["url"])


def spec(data: Data, video_id: int) -> Spec:
    """The site as `make run` starts it, with one worker; the driver joins `video_id`, one user per client."""
    return Spec(
        NAME,
        (sys.executable, "-m", "rumbl_web", "serve", "--config", "config"),
        environ(data.folder),
        PROJECT,
        (
            "--topic",
            f"videos:{video_id}",
            "--paths-file",
            str(data.paths),
            "--join-payload",
            '{"last_seen_id":0}',
        ),
    )


def production(data: Data) -> Spec:
    """The site as it is deployed, but for the proxy that ends TLS: with the settings of production."""
    told = {
        "RUMBL_ENV": "prod",
        "RUMBL_URL": "http://127.0.0.1",
        "COOKIE_SECURE": "false",
        "DATABASE_URL": data.url,
    }
    return Spec(
        NAME,
        (sys.executable, "-m", "rumbl_web", "serve", "--config", "config"),
        {**environ(data.folder), **told, "DATABASE_URL": data.url},
        PROJECT,
    )
